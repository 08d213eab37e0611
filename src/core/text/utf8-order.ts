// The order in which S3 lists keys.

/** By the bytes in UTF-8; JavaScript's own order differs beyond the Basic Multilingual Plane. */
export const byUtf8 = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
