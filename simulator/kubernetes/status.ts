// The errors of an API server: Status objects with the reasons that kubectl and other clients look for.

export type Status = {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: Record<string, never>;
  status: 'Failure' | 'Success';
  message?: string;
  reason?: string;
  details?: {
    name?: string;
    group?: string;
    kind?: string;
    causes?: readonly { reason?: string; message: string; field?: string }[];
  };
  code: number;
};

const codes = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  AlreadyExists: 409,
  Conflict: 409,
  Expired: 410,
  Gone: 410,
  UnsupportedMediaType: 415,
  Invalid: 422,
  InternalError: 500,
  ServiceUnavailable: 503,
  Timeout: 504,
} as const;

export type Reason = keyof typeof codes;

export function failure(reason: Reason, message: string, details?: Status['details']): Status {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    details,
    code: codes[reason],
  };
}

/** Thrown by the handlers of a request, answered by the server. */
export class Refusal extends Error {
  readonly status: Status;
  constructor(reason: Reason, message: string, details?: Status['details']) {
    super(message);
    this.status = failure(reason, message, details);
  }
}

export function notFound(plural: string, name: string, group = ''): Refusal {
  return new Refusal('NotFound', `${plural}${group ? `.${group}` : ''} "${name}" not found`, {
    name,
    group: group || undefined,
    kind: plural,
  });
}
