/**
 * Owns the fields of the core group's other kinds, in the notation of schema.ts
 * (k8s.io/api v0.36.2 core/v1/generated.proto and types.go).
 */
export const coreSchemas = `
AttachedVolume = name!@1:str devicePath!@2:str
Binding = metadata@1:ObjectMeta target!@2:ObjectReference
ClientIPConfig = timeoutSeconds@1?:int
ConfigMap = metadata@1:ObjectMeta immutable@4?:bool data@2:{str} binaryData@3:{b64}
ContainerImage = names@1:[str] sizeBytes@2:long
DaemonEndpoint = Port!@1:int
EndpointAddress = ip!@1:str hostname@3:str nodeName@4?:str targetRef@2?:ObjectReference
EndpointPort = name@1:str port!@2:int protocol@3:str appProtocol@4?:str
EndpointSubset = addresses@1:[EndpointAddress] notReadyAddresses@2:[EndpointAddress] ports@3:[EndpointPort]
Endpoints = metadata@1:ObjectMeta subsets@2:[EndpointSubset]
Event = metadata!@1:ObjectMeta involvedObject!@2:ObjectReference reason@3:str message@4:str source@5:EventSource firstTimestamp@6:time lastTimestamp@7:time count@8:int type@9:str eventTime@10:micro series@11?:EventSeries action@12:str related@13?:ObjectReference reportingComponent@14:str reportingInstance@15:str
EventSeries = count@1:int lastObservedTime@2:micro
EventSource = component@1:str host@2:str
LoadBalancerIngress = ip@1:str hostname@2:str ipMode@3?:str ports@4:[PortStatus]
LoadBalancerStatus = ingress@1:[LoadBalancerIngress]
Namespace = metadata@1:ObjectMeta spec@2:NamespaceSpec status@3:NamespaceStatus
NamespaceCondition = type!@1:str status!@2:str lastTransitionTime@4:time reason@5:str message@6:str
NamespaceSpec = finalizers@1:[str]
NamespaceStatus = phase@1:str conditions@2:[NamespaceCondition]|type
Node = metadata@1:ObjectMeta spec@2:NodeSpec status@3:NodeStatus
NodeAddress = type!@1:str address!@2:str
NodeCondition = type!@1:str status!@2:str lastHeartbeatTime@3:time lastTransitionTime@4:time reason@5:str message@6:str
NodeDaemonEndpoints = kubeletEndpoint@1:DaemonEndpoint
NodeRuntimeHandler = name@1:str features@2?:any
NodeSpec = podCIDR@1:str podCIDRs@7:[str]|+ providerID@3:str unschedulable@4:bool taints@5:[Taint] configSource@6?:any externalID@2:str
NodeStatus = capacity@1:{qty} allocatable@2:{qty} phase@3:str conditions@4:[NodeCondition]|type addresses@5:[NodeAddress]|type daemonEndpoints@6:NodeDaemonEndpoints nodeInfo@7:NodeSystemInfo images@8:[ContainerImage] volumesInUse@9:[str] volumesAttached@10:[AttachedVolume] config@11?:any runtimeHandlers@12:[NodeRuntimeHandler] features@13?:any declaredFeatures@14:[str]
NodeSwapStatus = capacity@1?:long
NodeSystemInfo = machineID!@1:str systemUUID!@2:str bootID!@3:str kernelVersion!@4:str osImage!@5:str containerRuntimeVersion!@6:str kubeletVersion!@7:str kubeProxyVersion!@8:str operatingSystem!@9:str architecture!@10:str swap@11?:NodeSwapStatus
ObjectReference = kind@1:str namespace@2:str name@3:str uid@4:str apiVersion@5:str resourceVersion@6:str fieldPath@7:str
PortStatus = port!@1:int protocol!@2:str error@3?:str
Secret = metadata@1:ObjectMeta immutable@5?:bool data@2:{b64} stringData@4:{str} type@3:str
Service = metadata@1:ObjectMeta spec@2:ServiceSpec status@3:ServiceStatus
ServiceAccount = metadata@1:ObjectMeta secrets@2:[ObjectReference]|name imagePullSecrets@3:[LocalObjectReference] automountServiceAccountToken@4?:bool
ServicePort = name@1:str protocol@2:str appProtocol@6?:str port!@3:int targetPort@4:ios nodePort@5:int
ServiceSpec = ports@1:[ServicePort]|port selector@2:{str} clusterIP@3:str clusterIPs@18:[str] type@4:str externalIPs@5:[str] sessionAffinity@7:str loadBalancerIP@8:str loadBalancerSourceRanges@9:[str] externalName@10:str externalTrafficPolicy@11:str healthCheckNodePort@12:int publishNotReadyAddresses@13:bool sessionAffinityConfig@14?:SessionAffinityConfig ipFamilies@19:[str] ipFamilyPolicy@17?:str allocateLoadBalancerNodePorts@20?:bool loadBalancerClass@21?:str internalTrafficPolicy@22?:str trafficDistribution@23?:str
ServiceStatus = loadBalancer@1:LoadBalancerStatus conditions@2:[Condition]|type
SessionAffinityConfig = clientIP@1?:ClientIPConfig
Taint = key!@1:str value@2:str effect!@3:str timeAdded@4?:time
`;
