/** Bytes as the interface of the server writes them: base64url without padding. */

/** @param {Uint8Array} bytes */
export function toBase64url(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** @param {string} text @returns {Uint8Array} */
export function fromBase64url(text) {
  const binary = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(binary, (symbol) => symbol.charCodeAt(0));
}

/** @param {string} text lower or upper case hexadecimal @returns {Uint8Array} */
export function fromHex(text) {
  if (!/^(?:[0-9a-f]{2})*$/i.test(text)) throw new TypeError("not hexadecimal");
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** A hash of bytes, as `integrity` attributes have it. @param {string} hex */
export function integrityOf(hex) {
  let binary = "";
  for (const byte of fromHex(hex)) binary += String.fromCharCode(byte);
  return `sha256-${btoa(binary)}`;
}
