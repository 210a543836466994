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
  const text = error instanceof Error ? error.message : String(error);
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
  const options = { delivered: 'unknown', cause: error } as const;
  if (!spokeHttp2 && isProtocolError(error)) {
    return new TransportError(
      'HTTP2_UNSUPPORTED',
      `${server.origin} does not speak HTTP/2, which is needed`,
      {
        delivered: 'no',
        cause: error,
      },
    );
  }
  const text = error instanceof Error ? error.message : 'the server closed the connection';
  return new TransportError('CONNECTION_LOST', `${server.origin}: connection lost: ${text}`, options);
}

/** A stream ended without an end. REFUSED_STREAM promises that nothing was processed (RFC 9113 §8.7). */
export function streamFailure(
  session: TransportError | undefined,
  rstCode: number,
  sent: boolean,
): TransportError {
  const refused = rstCode === constants.NGHTTP2_REFUSED_STREAM;
  const delivered = sent && !refused ? 'unknown' : 'no';
  if (session !== undefined) {
    return new TransportError(session.code, session.message, {
      delivered,
      retry: session.retry,
      cause: session,
    });
  }
  return new TransportError('CONNECTION_LOST', `the server reset the stream (HTTP/2 code ${rstCode})`, {
    delivered,
  });
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

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
