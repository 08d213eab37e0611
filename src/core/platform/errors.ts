// The platform's error codes: which failures a retry can fix.

/** Codes that no retry fixes, whatever the row says: the quota is spent, the key is wrong. */
const finalCodes = ['QUOTA_EXCEEDED'] as const;

/** SQL: no retry can fix a job's failure, by expressions of its code and of its `retryable`, both texts. Never NULL. */
export function isFinal(code: string, retryable: string): string {
  const codes = finalCodes.map((one) => `'${one}'`).join(', ');
  return `coalesce(lower(${retryable}) = 'false' OR upper(${code}) IN (${codes}), false)`;
}

/** The same for a job that was read. */
export function isFinalError({
  code,
  retryable,
}: {
  code?: string | undefined;
  retryable?: boolean | undefined;
}): boolean {
  return retryable === false || finalCodes.some((one) => one === code?.toUpperCase());
}
