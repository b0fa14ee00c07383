// What a requirements.txt names, as far as this page can look it up. What it does not understand it
// says, and does not pass over.

/** A name, extras, an exact version or other bounds, a marker. */
const LINE = new RegExp(
  '^([A-Z0-9][A-Z0-9._-]*)\\s*(?:\\[[^\\]]*\\])?\\s*' +
    '(?:={2,3}\\s*([^\\s;,#]+))?\\s*(?:[<>!~][^;#]*)?(?:;.*)?$',
  'i',
)

/**
 * The requirements of a text: `{ wanted: [{ project, version, hashes }], others: [line] }`. Lines
 * that name a file, a URL or another option are in `others`.
 */
export function readRequirements(text) {
  const wanted = []
  const others = []
  for (const whole of text.replace(/\\\r?\n/g, ' ').split(/\r?\n/)) {
    const line = whole.replace(/(^|\s)#.*$/, '').trim()
    if (!line) continue
    const hashes = []
    const bare = line
      .replace(/\s--hash[= ]\s*([a-z0-9]+):([0-9a-f]+)/gi, (_, algorithm, hash) => {
        hashes.push([algorithm.toLowerCase(), hash.toLowerCase()])
        return ''
      })
      .trim()
    const found = LINE.exec(bare)
    const sha256 = hashes.filter(([algorithm]) => algorithm === 'sha256').map(([, hash]) => hash)
    // By a hash of another kind, no file can be told from the others here.
    if (!found || sha256.length < hashes.length) others.push(line)
    else wanted.push({ project: found[1], version: found[2], hashes: sha256 })
  }
  return { wanted, others }
}
