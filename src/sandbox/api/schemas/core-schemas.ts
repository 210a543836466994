/**
 * Owns the fields of the core group's other kinds (k8s.io/api/core/v1), in the notation of schema.ts.
 */
export const coreSchemas = `
AttachedVolume = devicePath!:str name!:str
Binding = metadata:ObjectMeta target!:ObjectReference
ClientIPConfig = timeoutSeconds:int
ConfigMap = binaryData:{str} data:{str} immutable:bool metadata:ObjectMeta
ContainerImage = names:[str] sizeBytes:int
DaemonEndpoint = Port!:int
EndpointAddress = hostname:str ip!:str nodeName:str targetRef:ObjectReference
EndpointPort = appProtocol:str name:str port!:int protocol:str
EndpointSubset = addresses:[EndpointAddress] notReadyAddresses:[EndpointAddress] ports:[EndpointPort]
Endpoints = metadata:ObjectMeta subsets:[EndpointSubset]
Event = action:str count:int eventTime:time firstTimestamp:time involvedObject!:ObjectReference lastTimestamp:time message:str metadata!:ObjectMeta reason:str related:ObjectReference reportingComponent:str reportingInstance:str series:EventSeries source:EventSource type:str
EventSeries = count:int lastObservedTime:time
EventSource = component:str host:str
LoadBalancerIngress = hostname:str ip:str ipMode:str ports:[PortStatus]
LoadBalancerStatus = ingress:[LoadBalancerIngress]
Namespace = metadata:ObjectMeta spec:NamespaceSpec status:NamespaceStatus
NamespaceCondition = lastTransitionTime:time message:str reason:str status!:str type!:str
NamespaceSpec = finalizers:[str]
NamespaceStatus = conditions:[NamespaceCondition]|type phase:str
Node = metadata:ObjectMeta spec:NodeSpec status:NodeStatus
NodeAddress = address!:str type!:str
NodeCondition = lastHeartbeatTime:time lastTransitionTime:time message:str reason:str status!:str type!:str
NodeDaemonEndpoints = kubeletEndpoint:DaemonEndpoint
NodeRuntimeHandler = features:NodeRuntimeHandlerFeatures name:str
NodeRuntimeHandlerFeatures = recursiveReadOnlyMounts:bool
NodeSpec = configSource:any externalID:str podCIDR:str podCIDRs:[str]|+ providerID:str taints:[Taint] unschedulable:bool
NodeStatus = addresses:[NodeAddress]|type allocatable:{qty} capacity:{qty} conditions:[NodeCondition]|type config:any daemonEndpoints:NodeDaemonEndpoints images:[ContainerImage] nodeInfo:NodeSystemInfo phase:str runtimeHandlers:[NodeRuntimeHandler] volumesAttached:[AttachedVolume] volumesInUse:[str] features:any declaredFeatures:[str]
NodeSystemInfo = architecture!:str bootID!:str containerRuntimeVersion!:str kernelVersion!:str kubeProxyVersion!:str kubeletVersion!:str machineID!:str operatingSystem!:str osImage!:str systemUUID!:str swap:any
ObjectReference = apiVersion:str fieldPath:str kind:str name:str namespace:str resourceVersion:str uid:str
PortStatus = error:str port!:int protocol!:str
Secret = data:{str} immutable:bool metadata:ObjectMeta stringData:{str} type:str
Service = metadata:ObjectMeta spec:ServiceSpec status:ServiceStatus
ServiceAccount = automountServiceAccountToken:bool imagePullSecrets:[LocalObjectReference] metadata:ObjectMeta secrets:[ObjectReference]|name
ServicePort = appProtocol:str name:str nodePort:int port!:int protocol:str targetPort:ios
ServiceSpec = allocateLoadBalancerNodePorts:bool clusterIP:str clusterIPs:[str] externalIPs:[str] externalName:str externalTrafficPolicy:str healthCheckNodePort:int internalTrafficPolicy:str ipFamilies:[str] ipFamilyPolicy:str loadBalancerClass:str loadBalancerIP:str loadBalancerSourceRanges:[str] ports:[ServicePort]|port publishNotReadyAddresses:bool selector:{str} sessionAffinity:str sessionAffinityConfig:SessionAffinityConfig trafficDistribution:str type:str
ServiceStatus = conditions:[Condition]|type loadBalancer:LoadBalancerStatus
SessionAffinityConfig = clientIP:ClientIPConfig
Taint = effect!:str key!:str timeAdded:time value:str
`;
