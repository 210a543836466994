/**
 * Owns telling apart how a connection fails: from Node's error codes to the codes of a TransportError.
 * Must not decide what to do about it.
 */
import { constants } from 'node:http2';
import { TransportError, type TransportErrorCode } from './transport.ts';

/** Node's codes (OpenSSL's X509_V_ERR_ names) for a server whose certificate we don't accept. */
const UNTRUSTED = new Set([
  'CERT_CHAIN_TOO_LONG',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REJECTED',
  'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** No connection came about. Nothing was delivered. */
export function dialFailure(server: URL, error: unknown): TransportError {
  const code = codeOf(error);
  const text = describe(error);
  const options = { delivered: 'no', cause: error } as const;
  if (UNTRUSTED.has(code)) {
    return new TransportError(
      'TLS_UNTRUSTED',
      `${server.origin}: its certificate is not accepted: ${text}`,
      options,
    );
  }
  // An alert is the server's word on us: it wants a client certificate, or not this one.
  if (code.startsWith('ERR_SSL_') && code.includes('ALERT')) {
    return new TransportError(
      'TLS_UNTRUSTED',
      `${server.origin} refuses our TLS handshake: ${text}`,
      options,
    );
  }
  if (code.startsWith('ERR_SSL_WRONG_VERSION') || code.startsWith('ERR_SSL_PACKET')) {
    return new TransportError('HTTP2_UNSUPPORTED', `${server.origin} does not speak TLS: ${text}`, options);
  }
  return new TransportError('CONNECTION_REFUSED', `${server.origin} can't be reached: ${text}`, options);
}

/** An established session ended. Each of its streams gets its own error from this. */
export function sessionFailure(server: URL, error: unknown, spokeHttp2: boolean): TransportError {
  if (!spokeHttp2) {
    if (isProtocolError(error)) {
      const message = `${server.origin} does not speak HTTP/2, which is needed`;
      return new TransportError('HTTP2_UNSUPPORTED', message, { delivered: 'no', cause: error });
    }
    // In TLS 1.3 the server judges our certificate after our side of the handshake is done.
    const early = dialFailure(server, error);
    if (early.code === 'TLS_UNTRUSTED') return early;
  }
  const text = error === undefined || error === null ? 'the server closed the connection' : describe(error);
  const message = `${server.origin}: connection lost: ${text}`;
  return new TransportError('CONNECTION_LOST', message, { delivered: 'unknown', cause: error });
}

/** A stream ended without an end. REFUSED_STREAM promises that nothing was processed (RFC 9113 §8.7). */
export function streamFailure(
  session: TransportError | undefined,
  rstCode: number,
  sent: boolean,
): TransportError {
  const refused = rstCode === constants.NGHTTP2_REFUSED_STREAM;
  const neverSpoke = session?.code === 'HTTP2_UNSUPPORTED' || session?.code === 'TLS_UNTRUSTED';
  const delivered = sent && !refused && !neverSpoke ? 'unknown' : 'no';
  if (session !== undefined) {
    const { code, message, retry } = session;
    return new TransportError(code, message, { delivered, retry, cause: session });
  }
  const message = `the server reset the stream (HTTP/2 code ${rstCode})`;
  return new TransportError('CONNECTION_LOST', message, { delivered });
}

export function transportError(code: TransportErrorCode, message: string, cause?: unknown): TransportError {
  const retry = code === 'CLOSED' ? 'never' : 'backoff';
  return new TransportError(code, message, { delivered: 'no', retry, cause });
}

/** What an HTTP/1 server's answer to the HTTP/2 preface looks like to nghttp2. */
function isProtocolError(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'ERR_HTTP2_ERROR' || code === 'ERR_HTTP2_SESSION_ERROR';
}

/** Several addresses of one name fail together, in an error without a message of its own. */
function describe(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(describe).join('; ');
  return error instanceof Error ? error.message : String(error);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
