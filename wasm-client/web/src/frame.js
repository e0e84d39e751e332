/** What stands around every screen: whose page it is, in which language, how long, and where help is (R-ACCS-07). */

import { byId, h } from './dom.js';
import { LANGUAGES, load, preferred } from './texts.js';

/** @typedef {import('./texts.js').Texts} Texts */
/** @typedef {import('./app.js').Config} Config */

const LANGUAGE = 'escrutinio.language';

/** The texts to begin with. @returns {Promise<Texts>} */
export async function firstTexts() {
  let kept = null;
  try {
    kept = localStorage.getItem(LANGUAGE);
  } catch {
    // Some browsers lend no storage; the next visit asks the browser again.
  }
  return load(LANGUAGES.find((one) => one === kept) ?? preferred(navigator.languages));
}

/** @returns {Promise<Config>} */
export async function configuration() {
  const answer = await fetch(new URL('../config.json', import.meta.url), { cache: 'no-cache' });
  if (!answer.ok) throw new Error('no configuration');
  return answer.json();
}

/**
 * @param {object} parts
 * @param {Texts} parts.texts
 * @param {Config} parts.config
 * @param {(texts: Texts) => void} parts.changed when another language was chosen
 * @param {import('./dom.js').Child[]} [parts.strip] below the header, such as the session's clock
 * @param {{ test?: boolean, rehearsal?: boolean, binding?: boolean }} [parts.election]
 */
export function frame({ texts, config, changed, strip, election }) {
  document.documentElement.lang = texts.language;
  const other = LANGUAGES.find((one) => one !== texts.language) ?? LANGUAGES[0];
  const alarm = election?.rehearsal ? 'site.rehearsal' : election?.test ? 'site.test' : election?.binding === false ? 'site.not_binding' : null;
  byId('top').replaceChildren(
    h('div', { class: 'brand' },
      h('a', { href: 'index.html', class: 'name' }, h('span', { class: 'seal', 'aria-hidden': 'true' }), texts.say('site.name')),
      h('button', {
        type: 'button', class: 'language', lang: other, on: { click: async () => {
          const next = await load(other);
          try {
            localStorage.setItem(LANGUAGE, other);
          } catch {
            // It holds for this visit.
          }
          changed(next);
        } },
      }, texts.say('site.other'))),
    ...(alarm ? [h('p', { class: 'alarm' }, texts.say(alarm))] : []),
    ...(strip ? [h('div', { class: 'strip' }, ...strip)] : []));
  byId('foot').replaceChildren(
    h('div', { class: 'help' },
      h('h2', null, texts.say('help.title')),
      h('p', null, texts.say('help.text')),
      h('ul', null,
        config.help.phone ? h('li', null, h('a', { href: `tel:${config.help.phone.replace(/[^+\d]/g, '')}` }, `${config.help.name}: ${config.help.phone}`)) : null,
        config.help.mail ? h('li', null, h('a', { href: `mailto:${config.help.mail}` }, config.help.mail)) : null)),
    h('p', { class: 'build' },
      config.build ? texts.say('site.build', { commit: config.build.commit, hash: config.build.hash }) : texts.say('site.no_build'),
      h('br'), texts.say('site.election', { election: config.election })));
}
