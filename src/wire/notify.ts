/**
 * Owns the datagram that tells an application that it is active now.
 * Must not send it: src/controller/udp-notifier.ts does.
 */

/**
 * The ancestor's datagram, to the letter: an application that compares it as a whole keeps working. It has no room for
 * the epoch, which stands in the pod's annotation understudy.dev/epoch.
 */
export const goActiveDatagram = 'GoActiveDuringFailover';
