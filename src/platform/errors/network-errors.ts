import { codeOf, type ErrorClass } from './error-class.ts';

/** Codes of Node, libuv, c-ares and undici for a connection that could not be made, or that broke. */
const BROKEN_CONNECTION = new Set([
  'ECONNABORTED', 'ECONNREFUSED', 'ECONNRESET', 'EHOSTDOWN', 'EHOSTUNREACH', 'ENETDOWN', 'ENETRESET', 'ENETUNREACH',
  'ENONET', 'ENOTCONN', 'EPIPE', 'EPROTO', 'ESHUTDOWN', 'ETIMEDOUT', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_MEMORY',
  'EAI_NODATA', 'EAI_NONAME', 'ENOTFOUND', 'ENODATA', 'EREFUSED', 'ESERVFAIL', 'ETIMEOUT', 'ERR_SOCKET_CLOSED',
  'ERR_SOCKET_CLOSED_BEFORE_CONNECTION', 'ERR_SOCKET_CONNECTION_TIMEOUT', 'ERR_STREAM_DESTROYED',
  'ERR_STREAM_PREMATURE_CLOSE', 'UND_ERR_BODY_TIMEOUT', 'UND_ERR_CLOSED', 'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_DESTROYED', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_SOCKET',
]);

/** Codes of a TLS handshake that failed: OpenSSL's verification results and Node's own. */
const FAILED_HANDSHAKE = new Set([
  'CERT_CHAIN_TOO_LONG', 'CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID', 'CERT_REJECTED', 'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE', 'CERT_UNTRUSTED', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'HOSTNAME_MISMATCH', 'INVALID_CA',
  'INVALID_PURPOSE', 'PATH_LENGTH_EXCEEDED', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_GET_CRL',
  'UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID', 'ERR_TLS_HANDSHAKE_TIMEOUT', 'ERR_TLS_PROTOCOL_VERSION_CONFLICT',
]);

/** Codes of a shortage in this process or on its machine: descriptors, buffers, memory, local ports. */
const OWN_SHORTAGE = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL']);

/** Codes that mean a connection only where `connect` gave them; elsewhere they are about a file. */
const REFUSED_CONNECT = new Set(['EACCES', 'EPERM', 'ENOENT', 'EINVAL', 'EADDRINUSE']);

/** Returns `unavailable` for an error of the network or of TLS; undefined for another error. */
export function classOfNetworkError(error: Error): ErrorClass | undefined {
  const code = codeOf(error);
  const isNetwork = BROKEN_CONNECTION.has(code) || FAILED_HANDSHAKE.has(code) || code.startsWith('ERR_SSL_')
    || OWN_SHORTAGE.has(code)
    || (REFUSED_CONNECT.has(code) && 'syscall' in error && error.syscall === 'connect');
  return isNetwork ? 'unavailable' : undefined;
}
