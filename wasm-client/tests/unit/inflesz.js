/**
 * Readability of Spanish: the formula of Szigriszt-Pazos, whose values the INFLESZ scale of Barrio-Cantalejo
 * names: 206.835 - 62.3 (syllables / words) - words / sentences. From 65 on a text is "fairly easy".
 */

const VOWELS = "aeiouáéíóúü";
const STRONG = "aeoáéíóú";

/** @param {string} word */
export function syllables(word) {
  // A silent u; a y that sounds as a vowel.
  const plain = word.toLowerCase().replace(/qu(?=[eiéí])/g, "q").replace(/gu(?=[eiéí])/g, "g").replace(/y(?![aeiouáéíóú])/g, "i").replace(/h(?=[íú])/g, "");
  let count = 0;
  let before = "";
  for (const letter of plain) {
    const vowel = VOWELS.includes(letter);
    // Two vowels are one syllable unless both are strong; an accented í or ú is strong.
    if (vowel && !(VOWELS.includes(before) && before !== "" && !(STRONG.includes(letter) && STRONG.includes(before)))) count += 1;
    before = letter;
  }
  return Math.max(1, count);
}

/** @param {string[]} texts */
export function inflesz(texts) {
  let [words, sentences, sounds] = [0, 0, 0];
  for (const text of texts) {
    for (const sentence of text.split(/[.?!…\n]+/)) {
      const found = sentence.match(/[\p{L}]+/gu) ?? [];
      if (found.length === 0) continue;
      sentences += 1;
      words += found.length;
      for (const word of found) sounds += syllables(word);
    }
  }
  return { score: 206.835 - 62.3 * (sounds / words) - words / sentences, words };
}
