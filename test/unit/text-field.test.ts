// One text field: a long text takes nothing from what is there, and its cut is said.
import { describe, expect, test } from 'vitest';
import { cutSays, editAt, insert, insertAt } from '../../src/screens/overlays/field.ts';

const wellFormed = (text: string) =>
  !/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text);

describe('a field of 2,000 characters', () => {
  test('keeps what stands behind the cursor when a longer text is pasted', () => {
    const pasted = insertAt({ text: 'before after', behind: 5 }, 'x'.repeat(10_000));
    expect(pasted.text).toHaveLength(2000);
    expect(pasted.text).toMatch(/^before x+after$/);
  });

  test('takes no half of a character', () => {
    for (const already of ['', 'a', 'ab']) expect(wellFormed(insert(already, '😀'.repeat(2000)))).toBe(true);
    const full = 'x'.repeat(1999);
    expect(wellFormed(editAt({ text: full, behind: 0 }, '😀')?.text ?? '')).toBe(true);
  });

  test('says that a text was cut, and nothing where it fits', () => {
    expect(cutSays('', 'x'.repeat(2000))).toBeUndefined();
    expect(cutSays('', 'x'.repeat(2001))).toBe('text cut: a field has 2000 characters at most');
    expect(cutSays('x'.repeat(1990), 'eleven more')).toContain('text cut');
  });

  test('takes no more when it is full, and loses nothing', () => {
    const text = 'x'.repeat(2000);
    expect(editAt({ text, behind: 3 }, 'y')).toEqual({ text, behind: 3 });
    expect(editAt({ text, behind: 0 }, 'backspace')?.text).toHaveLength(1999);
  });

  test('has no line end, escape sequence, NUL or direction mark, however they come', () => {
    const text = insert('', 'a\r\nb\u0000\u001b[31mc\u202ed\u009b2Je\u2028f');
    expect(text).toBe('a bcde f');
  });
});
