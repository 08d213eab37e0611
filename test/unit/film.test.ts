// The README's moving picture: what is seen when.
import { expect, test } from 'vitest';
import { drawFilm } from '../../scripts/svg.ts';

const film = drawFilm(
  [
    { rows: ['<text>always</text>', '<text>first</text>'], seconds: 1, says: 'one' },
    { rows: ['<text>always</text>', '<text>second</text>'], seconds: 3, says: 'two' },
  ],
  80,
  'a <film>',
);

test('a row that stays is drawn once and not hidden', () => {
  expect(film.split('always')).toHaveLength(2);
  expect(film).toMatch(/<g [^>]*font-size[^>]*>\n<text>always<\/text>/);
});

test('a picture is seen from its beginning until the next one, the last one also without motion', () => {
  expect(film).toContain('@keyframes s0-1{0.000%{visibility:visible}25.000%{visibility:hidden}}');
  expect(film).toContain('.s0-1{visibility:hidden;animation:s0-1 4s step-end infinite}');
  expect(film).toContain('@keyframes s1-2{0%{visibility:hidden}25.000%{visibility:visible}}');
  expect(film).toContain('.s1-2{visibility:visible;');
  expect(film).toContain('aria-label="a &lt;film&gt;"');
});
