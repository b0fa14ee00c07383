// Index pages, by the core's own reader: what it refuses in all is for
// core/src/pypi/simple/tests.rs to say.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load, refusal } from './support.mjs'

const A = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
const B = '3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d'

const { IndexPage } = await load('picotuf/pypi')
const read = (page, project = 'six') =>
  IndexPage.read(typeof page === 'string' ? new TextEncoder().encode(page) : page, project)

/** What is said of a refusal. */
const refused = async (work) => {
  const { name, code, blame, text } = await refusal(work)
  assert.equal(name, 'PicotufError')
  return [code, blame, text]
}

/** As PyPI writes it. */
const HTML = `<!DOCTYPE html>
<html>
  <head>
    <meta name="pypi:repository-version" content="1.4">
    <title>Links for six</title>
  </head>
  <body>
    <h1>Links for six</h1>
<a href="../../packages/71/39/x/six-1.17.0-py2.py3-none-any.whl#sha256=${A}"
  data-requires-python="!=3.0.*,&gt;=2.7" data-dist-info-metadata="sha256=${B}"
  data-core-metadata="sha256=${B}">six-1.17.0-py2.py3-none-any.whl</a><br />
<a href="https://files.example.org/six-0.9.zip#sha256=${B}"
  data-yanked="broken &amp; &quot;bad&quot;">six-0.9.zip</a><br/>
<a href='/six-1.0%2Blocal.tar.gz?x=1#md5=00' data-yanked>six-1.0+local.tar.gz</a>
</body>
</html>
<!--SERIAL 12345-->
`

/** As PyPI writes it, with members in no order. */
const JSON_PAGE = `{"meta": {"api-version": "1.4", "_last-serial": 12345}, "name": "six",
 "versions": ["0.9", "1.17.0"],
"files": [
 {"filename": "six-1.17.0-py2.py3-none-any.whl", "hashes": {"sha256": "${A}"},
    "requires-python": "!=3.0.*,>=2.7", "size": 11050,
   "core-metadata": {"sha256": "${B}"}, "data-dist-info-metadata": false, "url": "u",
    "yanked": false, "provenance": null},
 {"filename": "six-0.9.zip", "hashes": {"sha256": "${B}", "md5": "00"}, "url": "u",
    "yanked": "broken & \\"bad\\"", "requires-python": null},
 {"filename": "six-1.0+local.tar.gz", "hashes": {}, "yanked": true, "url": "u",
    "dist-info-metadata": true}
]}`

const pageOf = (files) => `{"meta":{"api-version":"1.0"},"name":"six","files":[${files}]}`

test('both forms say the same of each file', async () => {
  for (const [page, more] of [
    [HTML, {}],
    [JSON_PAGE, { size: 11050 }],
  ]) {
    const six = await read(page, 'Six')
    assert.deepEqual(six.names, [
      'six-1.17.0-py2.py3-none-any.whl',
      'six-0.9.zip',
      'six-1.0+local.tar.gz',
    ])
    assert.deepEqual(six.file('six-1.17.0-py2.py3-none-any.whl'), {
      name: 'six-1.17.0-py2.py3-none-any.whl',
      hashes: { sha256: A },
      requiresPython: '!=3.0.*,>=2.7',
      coreMetadata: { sha256: B },
      ...more,
    })
    assert.deepEqual(six.file('six-0.9.zip'), {
      name: 'six-0.9.zip',
      hashes: { sha256: B },
      yanked: 'broken & "bad"',
    })
    const { coreMetadata, ...last } = six.file('six-1.0+local.tar.gz')
    assert.deepEqual(last, { name: 'six-1.0+local.tar.gz', hashes: {}, yanked: '' })
    assert.equal(coreMetadata, page === JSON_PAGE ? true : undefined)
    for (const absent of ['six-2.0.zip', 'SIX-0.9.zip', '', '__proto__'])
      assert.equal(six.file(absent), undefined, absent)
    // Another page afterwards, by the same module.
    assert.deepEqual((await read(pageOf(''))).names, [])
  }
})

test('what became of the project is told', async () => {
  for (const [status, expected] of [
    [{}, { status: 'active' }],
    [
      { status: 'quarantined', reason: 'haunted' },
      { status: 'quarantined', reason: 'haunted' },
    ],
    [{ status: 'something new' }, { status: 'something new' }],
  ]) {
    const page = {
      meta: { 'api-version': '1.4' },
      name: 'six',
      files: [],
      'project-status': status,
    }
    assert.deepEqual((await read(JSON.stringify(page))).projectStatus, expected)
  }
  assert.deepEqual((await read(HTML)).projectStatus, { status: 'active' })
  const meta = '<meta name="pypi:project-status" content="archived">'
  assert.deepEqual((await read(HTML.replace('</head>', `${meta}</head>`))).projectStatus, {
    status: 'archived',
  })
})

test('a file that the page names twice is refused, and the others are not', async () => {
  const link = (name, hash) => `<a href="${name}#sha256=${hash}">${name}</a>`
  const entry = (name, hash) => `{"filename":"${name}","hashes":{"sha256":"${hash}"}}`
  for (const page of [
    `${link('a.zip', A)}${link('b.zip', B)}${link('a.zip', B)}`,
    `${link('a.zip', A)}${link('b.zip', B)}${link('a.zip', A)}${link('a.zip', A)}`,
    `${link('a.zip', A)}${link('b.zip', B)}<a href="%61.zip#sha256=${B}">&#97;.zip</a>`,
    pageOf([entry('a.zip', A), entry('b.zip', B), entry('\\u0061.zip', B)].join()),
  ]) {
    const six = await read(page)
    assert.deepEqual(six.names, ['a.zip', 'b.zip'])
    assert.throws(() => six.file('a.zip'), {
      code: 'page-names-file-twice',
      blame: 'repository',
      target: 'a.zip',
    })
    assert.deepEqual(six.file('b.zip').hashes, { sha256: B })
  }
})

test("a page that another reader could take otherwise is refused in the core's words", async () => {
  const link = `<a href="/p/a.zip#sha256=${A}">a.zip</a>`
  const file = `{"filename":"a.zip","hashes":{"sha256":"${A}"}}`
  for (const [page, code, text] of [
    [
      link.replace('>a.zip', '>b.zip'),
      'page-html',
      'the index page has a link to a file that is called otherwise, `b.zip`, at byte 100',
    ],
    [
      link.replace(A, `${A}ff`),
      'page-html',
      'the index page has a malformed hash, `a.zip`, at byte 102',
    ],
    [
      `<p>é${link}<script>`,
      'page-html',
      'the index page has an element that is not known, `script`, at byte 112',
    ],
    [
      Buffer.from('<p>\xff', 'latin1'),
      'page-html',
      'the index page has what is not UTF-8, at byte 3',
    ],
    [
      pageOf(file.replace(`"${A}"`, `"${A}","sha256":"${B}"`)),
      'duplicate-member',
      'the index page is not right: an object has two members of the same name, at byte 158',
    ],
    [
      pageOf(file.replace(A, `${A}ff`)),
      'invalid-form',
      'the index page is not right: `hashes` is malformed, at byte 159',
    ],
    [
      pageOf(file).replace('"six"', '"seven"'),
      'page-project',
      "the index page is another project's",
    ],
    [
      pageOf(file).replace('1.0', '2.0'),
      'page-version',
      'the index page is of a version that is not known',
    ],
    ['', 'page-form', 'the index page is neither HTML nor JSON'],
  ])
    assert.deepEqual(await refused(read(page)), [code, 'repository', text], `${page}`)
  const most = 32 * 1024 * 1024
  assert.deepEqual(await refused(read(new Uint8Array(most + 1).fill(0x20))), [
    'page-length',
    'limit',
    `the index page has more than ${most} bytes`,
  ])
})

test('known members of custom are typed, and others left alone', async () => {
  const { customFields } = await load('picotuf/pypi')
  const wrong = 'not of a type that it may have'
  for (const [custom, fields] of [
    [undefined, undefined],
    [{}, undefined],
    [{ requires_python: 'x', Yanked: true }, undefined],
    [
      {
        'requires-python': '>=3.9',
        yanked: true,
        'core-metadata': { sha256: A.toUpperCase(), md5: 0 },
        backsigned: true,
      },
      { requiresPython: '>=3.9', yanked: '', coreMetadata: { sha256: A }, backsigned: true },
    ],
    [
      { yanked: false, 'core-metadata': false, 'data-dist-info-metadata': true },
      { yanked: false, coreMetadata: false },
    ],
    [
      { yanked: 'é'.repeat(300), 'requires-python': 'é'.repeat(300) },
      { yanked: '', wrong: { 'requires-python': 'longer than 512 bytes' } },
    ],
    [
      { yanked: null, 'core-metadata': { sha512: A }, backsigned: 1 },
      {
        wrong: {
          yanked: wrong,
          'core-metadata': 'with a malformed hash',
          backsigned: wrong,
        },
      },
    ],
    [{ yanked: true, large: 2 ** 64, small: 1e-9 }, { yanked: '' }],
  ])
    assert.deepEqual(await customFields(custom), fields, JSON.stringify(custom))
})

test('a wrong argument is said so', async () => {
  for (const [bytes, project] of [
    [HTML, 'six'],
    [undefined, 'six'],
    [new Uint8Array(3), undefined],
  ]) {
    assert.deepEqual((await refused(IndexPage.read(bytes, project))).slice(0, 2), [
      'usage',
      'caller',
    ])
  }
  assert.deepEqual((await refused(read(HTML, '-six'))).slice(0, 2), ['page-project', 'caller'])
})
