/**
 * Owns what it takes to reach an API server.
 * Must not open a connection, nor keep time: the transport asks again when credentials may have changed.
 */

/** How to reach one API server, and as whom. */
export interface Connection {
  /** http: for HTTP/2 without TLS (prior knowledge), https: for HTTP/2 by ALPN. */
  readonly server: URL;
  /** The namespace of the context or of the ServiceAccount. */
  readonly namespace: string;
  /** Where this comes from, for people: a file and context, or `in-cluster`. */
  readonly origin: string;
  /** Read anew for each session, since certificates are replaced in place. Rejects when a file can't be read. */
  tls(): Promise<TlsMaterial>;
  /** The Authorization header, read anew at each call; undefined when there is no token. */
  authorization(): Promise<string | undefined>;
  /** The server has answered 401: whatever is kept must not be used again. */
  refresh(): Promise<void>;
}

/** PEM throughout. */
export interface TlsMaterial {
  /** Undefined: the system's authorities. */
  readonly ca: string | undefined;
  readonly certificate: string | undefined;
  readonly key: string | undefined;
  /** Checked against the server's certificate in place of the host of the URL. */
  readonly serverName: string | undefined;
  readonly insecureSkipVerify: boolean;
}

export const NO_TLS_MATERIAL: TlsMaterial = {
  ca: undefined,
  certificate: undefined,
  key: undefined,
  serverName: undefined,
  insecureSkipVerify: false,
};

/** For a server that asks for neither certificate nor token, such as the sandbox. */
export function plainConnection(server: URL, namespace = 'default'): Connection {
  return {
    server,
    namespace,
    origin: server.origin,
    tls: async () => NO_TLS_MATERIAL,
    authorization: async () => undefined,
    refresh: async () => undefined,
  };
}
