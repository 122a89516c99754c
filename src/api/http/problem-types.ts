/** One kind of error that the API answers with. Its code is stable: clients decide by it. */
export interface ProblemType {
  readonly status: number;
  readonly title: string;
  /** Cause of the error, in one sentence. */
  readonly cause: string;
  /** Advice for the client, in one sentence. */
  readonly advice: string;
}

const type = (status: number, title: string, cause: string, advice: string): ProblemType => ({
  status,
  title,
  cause,
  advice,
});

/** The kinds of problems by code. The first one of a status is that status's general kind. */
export const problemTypes = Object.freeze({
  'malformed-request': type(
    400,
    'The request cannot be read',
    'The body is not JSON in UTF-8, is nested too deeply or broke off.',
    'Correct the request before you send it again.',
  ),
  'invalid-cursor': type(
    400,
    'The cursor is not valid',
    'The cursor or the position does not come from this list or stream.',
    'Begin again without it.',
  ),
  'invalid-idempotency-key': type(
    400,
    'The Idempotency-Key is missing or not valid',
    'A write needs the header Idempotency-Key with 1 to 200 printable ASCII characters.',
    'Send a UUID of your own, and the same one when you repeat the request.',
  ),
  unauthenticated: type(
    401,
    'A valid token is needed',
    'The bearer token is missing, has expired, was revoked or is not valid here.',
    'Sign in again and send the new token.',
  ),
  'invalid-signature': type(
    401,
    'The signature is not valid',
    'A webhook’s signature does not match its bytes, or its time is too far away.',
    'Sign the bytes that you send.',
  ),
  forbidden: type(
    403,
    'The caller may not do this',
    'The token’s roles or tenant do not allow the request.',
    'Use a token with one of the roles that the reference names.',
  ),
  'conflict-of-interest': type(
    403,
    'The operator gains or loses by this',
    'Nobody decides about themselves, or about a tenant that they work for.',
    'Let another operator decide.',
  ),
  'not-found': type(
    404,
    'Not found',
    'Nothing exists at this address, or the caller may not know of it.',
    'Check the address and the token.',
  ),
  'method-not-allowed': type(
    405,
    'Method not allowed',
    'The address exists, but has no such method.',
    'Use a method of the header Allow.',
  ),
  'request-timeout': type(
    408,
    'The request took too long',
    'The request’s head or body did not arrive in time.',
    'Send the request again.',
  ),
  'state-conflict': type(
    409,
    'The state does not allow this',
    'The resource is in a state in which the request is not possible.',
    'Read the resource again and decide anew.',
  ),
  'already-exists': type(409, 'It exists already', 'The same thing was created or done before.', 'Read what exists.'),
  'preview-outdated': type(
    409,
    'The preview is outdated',
    'The things that the request acts on are not those that the preview showed.',
    'Ask for the preview again.',
  ),
  'time-conflict': type(
    409,
    'The time is taken',
    'The assignee has another visit at that time.',
    'Choose another time or assignee, or send allowOverlap: true.',
  ),
  'list-replaced': type(
    409,
    'The list was replaced',
    'The list that the cursor belongs to does not exist any more.',
    'Begin again without a cursor.',
  ),
  'request-in-progress': type(
    409,
    'A request with this key is running',
    'Another request with the same Idempotency-Key has not ended.',
    'Repeat the request after the time in Retry-After.',
  ),
  'body-too-large': type(
    413,
    'The body is too large',
    'The body has more bytes than the route takes.',
    'Send less at once.',
  ),
  'unsupported-media-type': type(
    415,
    'The media type is not supported',
    'The header Content-Type names no type that the route reads.',
    'Send application/json in UTF-8, or the type that the reference names.',
  ),
  'invalid-request': type(
    422,
    'The request is not valid',
    'The request is well formed, but one or more of its values cannot be accepted.',
    'Correct what `errors` points at.',
  ),
  'idempotency-key-reused': type(
    422,
    'The Idempotency-Key was used before',
    'The Idempotency-Key belongs to another request.',
    'Use a new key for each intended write.',
  ),
  'too-many-requests': type(
    429,
    'Too many requests',
    'The user or the network address used up its rate.',
    'Wait for the time in Retry-After.',
  ),
  'bound-reached': type(
    429,
    'The bound is reached',
    'One person can cause only so much for others in a time.',
    'Wait for the time in Retry-After.',
  ),
  'too-many-streams': type(
    429,
    'Too many open streams',
    'The user or the process has as many open streams as it may have.',
    'Close a stream, or wait for the time in Retry-After.',
  ),
  'too-many-writes': type(
    429,
    'Too many writes in a day',
    'The user used up the Idempotency-Keys of 24 hours.',
    'Wait for the time in Retry-After.',
  ),
  'headers-too-large': type(
    431,
    'The address and the headers are too large',
    'The request’s address and headers together have more than 16 KiB.',
    'Send a shorter query, or fewer and shorter headers.',
  ),
  'internal-error': type(
    500,
    'Internal error',
    'Something failed here. It is not the request’s fault.',
    'Tell us the traceId, and repeat a write with the same Idempotency-Key.',
  ),
  unavailable: type(
    503,
    'Unavailable',
    'A part of the service cannot be used now.',
    'Repeat the request with the same Idempotency-Key after the time in Retry-After.',
  ),
} satisfies Record<string, ProblemType>);

export type ProblemCode = keyof typeof problemTypes;

export const problemCodes = Object.keys(problemTypes) as [ProblemCode, ...ProblemCode[]];

/** Returns the general kind of a status. */
export const codeOf = (status: number): ProblemCode =>
  problemCodes.find((code) => problemTypes[code].status === status) ??
  (status < 500 ? 'malformed-request' : 'internal-error');

/** Returns the address of a kind's page, which is also its `type`. */
export const problemUri = (publicUrl: string, code: ProblemCode): string =>
  `${publicUrl.replace(/\/$/, '')}/problems/${code}`;
