/** A number as INFO writes it; undefined for none, a sign or an empty text: what is not told is no zero. */
export const numberOf = (text: string | undefined): number | undefined =>
  /^\d{1,17}(?:\.\d{1,17})?$/.test(text ?? '') ? Number(text) : undefined;
