import { codeOf, type ErrorClass } from './error-class.ts';

/** Codes of Node, libuv and undici for a connection that broke, or of which nothing came. */
const BROKEN_CONNECTION = new Set([
  'ECONNABORTED', 'ECONNRESET', 'ENETRESET', 'ENOTCONN', 'EPIPE', 'EPROTO', 'ESHUTDOWN', 'ETIMEDOUT', 'ERR_SOCKET_CLOSED',
  'ERR_STREAM_DESTROYED', 'ERR_STREAM_PREMATURE_CLOSE', 'UND_ERR_BODY_TIMEOUT', 'UND_ERR_CLOSED', 'UND_ERR_DESTROYED',
  'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_SOCKET',
]);

/** Codes of a connection that was never made: the name was not found, or nobody answered at the address. */
const NO_CONNECTION = new Set([
  'ECONNREFUSED', 'EHOSTDOWN', 'EHOSTUNREACH', 'ENETDOWN', 'ENETUNREACH', 'ENONET', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_FAMILY',
  'EAI_MEMORY', 'EAI_NODATA', 'EAI_NONAME', 'EAI_SERVICE', 'ENOTFOUND', 'ENODATA', 'EREFUSED', 'ESERVFAIL', 'ETIMEOUT',
  'ERR_SOCKET_CLOSED_BEFORE_CONNECTION', 'ERR_SOCKET_CONNECTION_TIMEOUT', 'UND_ERR_CONNECT_TIMEOUT',
]);

/** Codes of a TLS handshake that failed: the results of OpenSSL's verification as Node names them, and Node's own. */
const FAILED_HANDSHAKE = new Set([
  'CERT_CHAIN_TOO_LONG', 'CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID', 'CERT_REJECTED', 'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE', 'CERT_UNTRUSTED', 'CRL_HAS_EXPIRED', 'CRL_NOT_YET_VALID', 'CRL_SIGNATURE_FAILURE',
  'DEPTH_ZERO_SELF_SIGNED_CERT', 'ERROR_IN_CERT_NOT_AFTER_FIELD', 'ERROR_IN_CERT_NOT_BEFORE_FIELD',
  'ERROR_IN_CRL_LAST_UPDATE_FIELD', 'ERROR_IN_CRL_NEXT_UPDATE_FIELD', 'HOSTNAME_MISMATCH', 'INVALID_CA',
  'INVALID_PURPOSE', 'OUT_OF_MEM', 'PATH_LENGTH_EXCEEDED', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
  'UNABLE_TO_DECRYPT_CERT_SIGNATURE', 'UNABLE_TO_DECRYPT_CRL_SIGNATURE', 'UNABLE_TO_GET_CRL', 'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNSPECIFIED',
  'ERR_TLS_CERT_ALTNAME_FORMAT', 'ERR_TLS_CERT_ALTNAME_INVALID', 'ERR_TLS_HANDSHAKE_TIMEOUT', 'ERR_TLS_INVALID_PROTOCOL_VERSION',
  'ERR_TLS_PROTOCOL_VERSION_CONFLICT',
]);

/** Codes of a shortage in this process or on its machine: descriptors, buffers, memory, local ports. */
const OWN_SHORTAGE = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL']);

/** Codes that mean a connection only where `connect` gave them; elsewhere they are about a file. */
const REFUSED_CONNECT = new Set(['EACCES', 'EPERM', 'ENOENT', 'EINVAL', 'EADDRINUSE']);

/** OpenSSL's errors about bytes that came after the handshake as well. */
const BROKEN_TLS = /^ERR_SSL_.*(?:BAD_RECORD_MAC|DECRYPTION_FAILED|DIGEST_CHECK_FAILED|UNEXPECTED_EOF|RECORD_OVERFLOW)/;

/** Calls of the system that come before a connection is there. */
const BEFORE_CONNECTION = new Set(['connect', 'getaddrinfo', 'socket', 'bind']);

/** Returns `unavailable` for an error of the network or of TLS; undefined for another error. */
export function classOfNetworkError(error: Error): ErrorClass | undefined {
  const code = codeOf(error);
  const isNetwork = BROKEN_CONNECTION.has(code) || NO_CONNECTION.has(code) || isHandshake(code) || OWN_SHORTAGE.has(code)
    || (REFUSED_CONNECT.has(code) && isBeforeConnection(error));
  return isNetwork ? 'unavailable' : undefined;
}

/**
 * Returns true when the error says that no connection was made, or that its TLS handshake failed: nothing was sent. Of
 * the errors for several addresses (AggregateError), each has to say so.
 */
export function neverConnected(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.every(neverConnected);
  const code = codeOf(error);
  if (BROKEN_TLS.test(code)) return false;
  if (NO_CONNECTION.has(code) || isHandshake(code) || OWN_SHORTAGE.has(code) || isBeforeConnection(error)) return true;
  return code === '' && neverConnected(error.cause);
}

/** Returns true when TLS refused us or the other side: its certificate, its version, its protocol. */
const isHandshake = (code: string): boolean => FAILED_HANDSHAKE.has(code) || code.startsWith('ERR_SSL_');

const isBeforeConnection = (error: Error): boolean => 'syscall' in error && BEFORE_CONNECTION.has(String(error.syscall));
