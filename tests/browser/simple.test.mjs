// The page's reader of index pages, by the cases of the core's (core/src/pypi/simple/tests.rs), and in its words.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { IndexPage, PAGE_LENGTH_MAX, projectOfPage } from '../../wasm/www/src/simple.js'

const A = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
const B = '3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d'

const read = (page, project = 'six') => new IndexPage(typeof page === 'string' ? new TextEncoder().encode(page) : page, project)

const ask = (page, name) => read(page).file(name)

/** What is said of a file, without what is not. */
const said = (file) => Object.fromEntries(Object.entries(file).filter(([, value]) => value !== undefined))

/** The code and the words of a refusal. */
function refused(work) {
  try {
    work()
  } catch (error) {
    assert.equal(error.name, 'PageError', error.stack)
    return `${error.code}: ${error.message}`
  }
  return 'accepted'
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
<a href="../../packages/71/39/x/six-1.17.0-py2.py3-none-any.whl#sha256=${A}" data-requires-python="!=3.0.*,&gt;=2.7" data-dist-info-metadata="sha256=${B}" data-core-metadata="sha256=${B}">six-1.17.0-py2.py3-none-any.whl</a><br />
<a href="https://files.example.org/six-0.9.zip#sha256=${B}" data-yanked="broken &amp; &quot;bad&quot;">six-0.9.zip</a><br/>
<a href='/six-1.0%2Blocal.tar.gz?x=1#md5=00' data-yanked>six-1.0+local.tar.gz</a>
</body>
</html>
<!--SERIAL 12345-->
`

/** As PyPI writes it, with members in no order. */
const JSON_PAGE = `{"meta": {"api-version": "1.4", "_last-serial": 12345}, "name": "six", "versions": ["0.9", "1.17.0"],
"files": [
 {"filename": "six-1.17.0-py2.py3-none-any.whl", "hashes": {"sha256": "${A}"}, "requires-python": "!=3.0.*,>=2.7", "size": 11050,
   "core-metadata": {"sha256": "${B}"}, "data-dist-info-metadata": false, "url": "u", "yanked": false, "provenance": null},
 {"filename": "six-0.9.zip", "hashes": {"sha256": "${B}", "md5": "00"}, "url": "u", "yanked": "broken & \\"bad\\"", "requires-python": null},
 {"filename": "six-1.0+local.tar.gz", "hashes": {}, "yanked": true, "url": "u", "dist-info-metadata": true}
]}`

const pageOf = (files) => `{"meta":{"api-version":"1.0"},"name":"six","files":[${files}]}`

test('both forms say the same', () => {
  for (const [page, size] of [[HTML, {}], [JSON_PAGE, { size: 11050 }]]) {
    assert.deepEqual(read(page).names, ['six-1.17.0-py2.py3-none-any.whl', 'six-0.9.zip', 'six-1.0+local.tar.gz'])
    assert.deepEqual(said(ask(page, 'six-1.17.0-py2.py3-none-any.whl')), { name: 'six-1.17.0-py2.py3-none-any.whl', hashes: { sha256: A }, python: '!=3.0.*,>=2.7', ...size })
    assert.deepEqual(said(ask(page, 'six-0.9.zip')), { name: 'six-0.9.zip', hashes: { sha256: B }, yanked: 'broken & "bad"' })
    assert.deepEqual(said(ask(page, 'six-1.0+local.tar.gz')), { name: 'six-1.0+local.tar.gz', hashes: {}, yanked: '' })
    for (const absent of ['six-2.0.zip', 'SIX-0.9.zip', 'six-0.9.zi', '', '__proto__']) assert.equal(ask(page, absent), undefined, absent)
  }
})

test('a file that the page names twice is refused, and the others are not', () => {
  const link = (name, hash) => `<a href="${name}#sha256=${hash}">${name}</a>`
  const twice = (at) => `page-names-file-twice: the index page names the file twice, at byte ${at}`
  let page = `${link('a.zip', A)}${link('b.zip', B)}${link('a.zip', B)}`
  assert.deepEqual(read(page).names, ['a.zip', 'b.zip'])
  assert.equal(refused(() => ask(page, 'a.zip')), twice(291))
  assert.deepEqual(ask(page, 'b.zip').hashes, { sha256: B })
  // The same entry twice is twice, and so is one that is spelled in another way.
  page = link('a.zip', A).repeat(2)
  assert.equal(refused(() => ask(page, 'a.zip')), twice(194))
  page = `${link('a.zip', A)}<a href="%61.zip#sha256=${B}">&#97;.zip</a>`
  assert.equal(refused(() => ask(page, 'a.zip')), twice(200))
  // A third time, and letters of several bytes before it.
  page = `<p>é€😀</p>${link('a.zip', A).repeat(3)}`
  assert.equal(refused(() => ask(page, 'a.zip')), twice(210))
  const entry = (name, hash) => `{"filename":"${name}","hashes":{"sha256":"${hash}"}}`
  page = pageOf([entry('a.zip', A), entry('b.zip', B), entry('\\u0061.zip', B)].join())
  assert.equal(refused(() => ask(page, 'a.zip')), twice(380))
  assert.deepEqual(ask(page, 'b.zip').hashes, { sha256: B })
})

test('a page in JSON is read strictly', () => {
  const file = `{"filename":"a.zip","hashes":{"sha256":"${A}"}}`
  assert.deepEqual(ask(pageOf(file), 'a.zip').hashes, { sha256: A })
  assert.deepEqual(ask(pageOf(file.replace(A, A.toUpperCase())), 'a.zip').hashes, { sha256: A })
  const deep = (levels) => pageOf(file).replace(/}$/, `,"x":${'['.repeat(levels)}${']'.repeat(levels)}}`)
  const named = (...lengths) => pageOf(file).replace(/}$/, `,${lengths.map((length) => `"${'k'.repeat(length)}":`).join('{')}1${'}'.repeat(lengths.length)}`)
  for (const good of [deep(63), named(1024, 1024)]) assert.ok(ask(good, 'a.zip'))
  for (const [page, expected] of [
    // Hashes.
    [pageOf(file.replace(A, '00')), 'invalid-form: `hashes` is not of its form, at byte 95'],
    [pageOf(file.replace(A, `${A}ff`)), 'invalid-form: `hashes` is not of its form, at byte 159'],
    [pageOf(file.replace(`{"sha256":"${A}"}`, '[]')), 'wrong-type: found an array, expected an object, at byte 81'],
    [pageOf(file.replace(`"${A}"`, 'null')), 'wrong-type: found null, expected a string, at byte 91'],
    [pageOf('{"filename":"a.zip"}'), 'missing-member: `hashes` is missing from the object that ends at byte 72'],
    [pageOf('{"hashes":{}}'), 'missing-member: `filename` is missing from the object that ends at byte 65'],
    // Members twice, wherever it is, and in whatever order they are.
    [pageOf(`{"filename":"b.zip","hashes":{"sha256":"${A}","sha256":"${B}"}}`), 'duplicate-member: a member name appears twice in one object, at byte 158'],
    [pageOf(`{"filename":"b.zip","hashes":{},"filename":"a.zip"},${file}`), 'duplicate-member: a member name appears twice in one object, at byte 52'],
    [pageOf(`{"url":1,"hashes":{},"filename":"b.zip","x":{"b":1,"a":2,"b":3}},${file}`), 'duplicate-member: a member name appears twice in one object, at byte 96'],
    [pageOf(`{"url":1,"hashes":{},"filename":"b.zip","x":{"a":1,"\\u0061":2}},${file}`), 'duplicate-member: a member name appears twice in one object, at byte 103'],
    [`{"files":[${file}],${pageOf(file).slice(1)}`, 'duplicate-member: a member name appears twice in one object, at byte 0'],
    // The page.
    [`${pageOf(file)}x`, 'trailing-data: something follows the document, at byte 161'],
    [pageOf(file).replace('"name":"six"', '"name":"seven"'), 'page-project: the index page is another project\'s'],
    [pageOf(file).replace('"name":"six"', '"name":"six-"'), 'page-project: the index page is another project\'s'],
    [pageOf(file).replace('"name":"six",', ''), 'missing-member: `name` is missing from the object that ends at byte 148'],
    [pageOf(file).replace('1.0', '2.0'), 'page-version: the index page is of a version that is not known'],
    [pageOf(file).replace('1.0', '1.'), 'page-version: the index page is of a version that is not known'],
    [pageOf(file).replace('api-version', 'version'), 'missing-member: `api-version` is missing from the object that ends at byte 25'],
    [pageOf(file).replace('"files"', '"file"'), 'missing-member: `files` is missing from the object that ends at byte 160'],
    [pageOf(file).replace(']}', ']'), 'unexpected-end: the file ends too early, at byte 160'],
    [pageOf(`${file},`), 'invalid-json: not JSON, at byte 160'],
    [`\f${pageOf(file)}`, 'invalid-json: not JSON, at byte 0'],
    // Values.
    [pageOf(file.replace('{', '{"size":1.0,')), 'invalid-number: not an integer that TUF allows, at byte 60'],
    [pageOf(file.replace('{', '{"size":-1,')), 'invalid-number: not an integer that TUF allows, at byte 60'],
    [pageOf(file.replace('{', '{"size":-0,')), 'invalid-number: not an integer that TUF allows, at byte 60'],
    [pageOf(file.replace('{', '{"size":18446744073709551616,')), 'invalid-number: not an integer that TUF allows, at byte 60'],
    [pageOf(file.replace('{', '{"x":1e3,')), 'invalid-number: not an integer that TUF allows, at byte 57'],
    [pageOf(file.replace('{', '{"x":nul,')), 'invalid-json: not JSON, at byte 57'],
    [pageOf(file.replace('{', '{"yanked":null,')), 'wrong-type: found null, expected a boolean, at byte 62'],
    [pageOf(file.replace('{', '{"core-metadata":"sha256",')), 'wrong-type: found a string, expected a boolean, at byte 69'],
    [pageOf(file.replace('{', '{"core-metadata":{"sha256":"0"},')), 'invalid-form: `hashes` is not of its form, at byte 82'],
    // Strings.
    [pageOf(file.replace('a.zip', 'a\n.zip')), 'invalid-string: a string holds what JSON does not allow, at byte 66'],
    [pageOf(file.replace('a.zip', 'a\\x.zip')), 'invalid-string: a string holds what JSON does not allow, at byte 66'],
    [pageOf(file.replace('a.zip', '\\ud800.zip')), 'invalid-string: a string holds what JSON does not allow, at byte 65'],
    [pageOf(file.replace('a.zip', '\\ud800\\u0061.zip')), 'invalid-string: a string holds what JSON does not allow, at byte 65'],
    [pageOf(file.replace('a.zip', '\\udc00.zip')), 'invalid-string: a string holds what JSON does not allow, at byte 65'],
    [pageOf(file.replace('a.zip', '\\u00g0.zip')), 'invalid-string: a string holds what JSON does not allow, at byte 65'],
    [pageOf(file.replace('a.zip', 'x'.repeat(2049))), 'limit-reached: more than 2048 bytes in a string'],
    // How deep it may be nested, and how long names are.
    [deep(64), 'limit-reached: more than 64 levels of nesting'],
    [named(1025), 'limit-reached: more than 1024 bytes in a member name'],
    [named(1024, 1023, 2), 'limit-reached: more than 2048 bytes in the member names that lead to a value'],
  ]) assert.equal(refused(() => read(page)).replace('the index page is not right: ', ''), expected, page)
})

test('a name in a page in JSON is its project\'s in any spelling, and no other', () => {
  const named = (name) => pageOf('').replace('six', name)
  for (const name of ['zope.interface', 'Zope_Interface', 'ZOPE---interface']) assert.deepEqual(read(named(name), 'zope-interface').names, [])
  for (const name of ['zopeinterface', 'zope-interface-', '', 'zope interface', 'zope-\u0131nterface']) {
    assert.equal(refused(() => read(named(name), 'zope-interface')), 'page-project: the index page is another project\'s', name)
  }
})

test('a page in HTML is read strictly', () => {
  const link = `<a href="/p/a.zip#sha256=${A}">a.zip</a>`
  for (const good of [
    link,
    `<A HREF='/p/a.zip#sha256=${A}' >\n a.zip </A >`,
    `<!doctype HTML>${link}`,
    `<p>1 > 2 &nbsp;${link}</p><!-- no end -->`,
    `<a rel="x" href="a.zip#sha256=${A.toUpperCase()}&amp;x=y">a.zip</a>`,
    `<ul><li>${link}<li>x</ul>`,
  ]) assert.deepEqual(ask(good, 'a.zip'), { name: 'a.zip', hashes: { sha256: A } }, good)
  for (const [page, expected] of [
    // Other elements, some of which would hide a link or show one.
    [`<script>${link}</script>`, 'an element that is not known, at byte 7'],
    [`<textarea>${link}</textarea>`, 'an element that is not known, at byte 9'],
    [`<template>${link}</template>`, 'an element that is not known, at byte 9'],
    [`<base href=x>${link}`, 'an element that is not known, at byte 5'],
    [`<?xml?>${link}`, 'an element that is not known, at byte 1'],
    [`<![CDATA[${link}]]>`, 'an element that is not known, at byte 1'],
    // Comments.
    [`<!-- ${link} -->`, 'a comment that does not end, at byte 95'],
    [`<!-->${link}<!-- -->`, 'a comment that does not end, at byte 4'],
    [`<!--->${link}<!-- -->`, 'a comment that does not end, at byte 5'],
    [`<!-- a --!>${link}<!-- -->`, 'a comment that does not end, at byte 10'],
    [`<!-- a -- b -->${link}`, 'a comment that does not end, at byte 14'],
    [`${link}<!-- `, 'a comment that does not end, at byte 105'],
    // Links.
    [link.replace('</a>', ''), 'a link or a title that does not end, at byte 96'],
    [link.replace('</a>', '</b>'), 'an element within a link or a title, at byte 100'],
    [link.replace('</a>', '<b>x</b></a>'), 'an element within a link or a title, at byte 99'],
    [link.replace('a.zip<', '<b>a.zip</b><'), 'an element within a link or a title, at byte 94'],
    [`${link}</a>`, 'the end of a link that was not begun, at byte 104'],
    [link.replace('">', '"/>'), 'a link without a text, at byte 92'],
    [link.replace('>a.zip', '>b.zip'), 'a link to a file that is called otherwise, at byte 100'],
    [link.replace('>a.zip', '>'), 'a link to a file that is called otherwise, at byte 95'],
    [link.replace('/p/a.zip', '/p/b.zip'), 'a link to a file that is called otherwise, at byte 100'],
    [link.replace('/p/a.zip', '/p/a.zip/'), 'a link to a file that is called otherwise, at byte 101'],
    [link.replace('/p/a.zip', '/p/%6.zip'), 'a link to a file that is called otherwise, at byte 101'],
    [link.replace('/p/a.zip', '/p/%2Fa.zip'), 'a link to a file that is called otherwise, at byte 103'],
    [link.replace('#sha256', '#sha\n256'), 'a link with what stands in no URL, at byte 101'],
    [link.replace('/p/a.zip', '/p/a\t.zip'), 'a link with what stands in no URL, at byte 101'],
    [link.replace('/p/a.zip', ' /p/a.zip'), 'a link with what stands in no URL, at byte 101'],
    [link.replace('/p/a.zip', '/p\\a.zip'), 'a link with what stands in no URL, at byte 100'],
    [link.replace('/p/a.zip', '/p/&eacute;/a.zip'), 'a character reference that is not known, at byte 109'],
    [link.replace('/p/a.zip', '/p/\u00e9/a.zip'), 'a link with what stands in no URL, at byte 103'],
    [link.replace('/p/a.zip', '//a.zip'), 'a link to a file that is called otherwise, at byte 99'],
    [link.replace('/p/a.zip', 'https://a.zip'), 'a link to a file that is called otherwise, at byte 105'],
    [link.replace('/p/a.zip', 'x:a.zip'), 'a link to a file that is called otherwise, at byte 99'],
    [link.replace('/p/a.zip', `${'x'.repeat(2048)}/a.zip`), 'a link that is too long, at byte 2146'],
    [link.replace('href', 'name'), 'a link without `href`, at byte 100'],
    [link.replace('<a ', '<a href=\'b.zip\' '), 'an attribute that stands twice or has no name, at byte 20'],
    [link.replace('<a ', '<a HREF=\'b.zip\' '), 'an attribute that stands twice or has no name, at byte 20'],
    // Attributes.
    [link.replaceAll('"', ''), 'an attribute without quotes, at byte 8'],
    [link.replace('<a ', '<a data-yanked=x '), 'an attribute without quotes, at byte 15'],
    [link.replace('<a ', '<a x=\'1\'y=\'2\' '), 'a tag that is not of its form, at byte 8'],
    [link.replace('<a ', '<a x=\'1 '), 'an attribute that does not end, at byte 105'],
    [link.replace('<a ', '<a =\'1\' '), 'an attribute that stands twice or has no name, at byte 3'],
    [link.replace('<a href', '<ahref'), 'an element that is not known, at byte 6'],
    [link.replace('<a ', `<a ${Array.from({ length: 24 }, (_, at) => `x${at} `).join('')}`), 'too many attributes in a tag, at byte 176'],
    // Hashes.
    [link.replace(A, '00'), 'a hash that is not of its form, at byte 38'],
    [link.replace(A, `${A}00`), 'a hash that is not of its form, at byte 102'],
    [link.replace(A, `${A}ff`), 'a hash that is not of its form, at byte 102'],
    [link.replace(A, `${A}&amp;sha256=${B}`), 'two hashes of one kind in a link, at byte 176'],
    [link.replace(A, `%62${A.slice(1)}`), 'a hash that is not of its form, at byte 102'],
    [link.replace('<a ', '<a data-core-metadata=\'sha256=0\' '), 'a hash that is not of its form, at byte 130'],
    // Characters.
    [link.replace('a.zip<', 'a.zip&lt<'), 'a character reference that is not known, at byte 103'],
    [link.replace('a.zip<', 'a.zip&nbsp;<'), 'a character reference that is not known, at byte 106'],
    [link.replace('a.zip<', 'a.zip&#0;<'), 'a character reference that is not known, at byte 104'],
    [link.replace('a.zip<', 'a.zip&#x80;<'), 'a character reference that is not known, at byte 106'],
    [link.replace('a.zip<', 'a.zip&#xd800;<'), 'a character reference that is not known, at byte 108'],
    [link.replace('a.zip<', 'a.zip&#;<'), 'a character reference that is not known, at byte 103'],
    [link.replace('a.zip<', 'a.zip\0<'), 'a control character, at byte 97'],
    [link.replace('/p/a.zip', '/p?a&b/a.zip'), 'a character reference that is not known, at byte 104'],
    [`<title>${link}</title>`, 'an element within a link or a title, at byte 98'],
    [`<title>${link}`, 'an element within a link or a title, at byte 98'],
    ['<!-- nothing -->', 'no element, at byte 16'],
    ['<!doctype html', 'a doctype that does not end, at byte 14'],
    ['<', 'an element that is not known, at byte 1'],
    ['<a', 'a tag that is not of its form, at byte 2'],
  ]) assert.equal(refused(() => read(page)), `page-html: the index page has ${expected}`, page)
  assert.equal(refused(() => read(`<meta name='pypi:repository-version' content='2.0'>${link}`)), 'page-version: the index page is of a version that is not known')
})

test('what is not UTF-8 is refused where it stands', () => {
  const latin = (text) => Buffer.from(text, 'latin1')
  for (const [page, expected] of [
    ['<p>\xff', 'page-html: the index page has what is not UTF-8, at byte 3'],
    ['<p>\xe2\x82', 'page-html: the index page has what is not UTF-8, at byte 3'],
    ['<p>\xe2\x82\xac\xed\xa0\x80', 'page-html: the index page has what is not UTF-8, at byte 6'],
    ['{"a\xe2\x82\xac\xe2\x82"', 'invalid-utf8: the index page is not right: not UTF-8, at byte 6'],
    ['{"a":"\\\xff', 'invalid-string: the index page is not right: a string holds what JSON does not allow, at byte 6'],
    ['{"a":\xff', 'invalid-json: the index page is not right: not JSON, at byte 5'],
    ['{"a":1\xff', 'invalid-json: the index page is not right: not JSON, at byte 6'],
  ]) assert.equal(refused(() => read(latin(page))), expected, page)
})

test('every cut of a page is refused or says nothing new', () => {
  for (const [page, lasts] of [[HTML, true], [JSON_PAGE, false]]) {
    const whole = ask(page, 'six-0.9.zip')
    for (let length = 0; length < page.trimEnd().length; length++) {
      const cut = page.slice(0, length)
      let answer
      if (refused(() => (answer = ask(cut, 'six-0.9.zip'))) !== 'accepted') continue
      // HTML has no end that must be there.
      assert.ok(lasts, `${length}`)
      if (answer) assert.deepEqual(answer, whole, `${length}`)
    }
  }
})

test('long texts are cut, and long names are no file\'s', () => {
  const both = (name, text) => [
    `<a href="${encodeURIComponent(name)}#sha256=${A}" data-yanked="${text}" data-requires-python="${text}">${name}</a>`,
    pageOf(`{"filename":"${name}","hashes":{"sha256":"${A}"},"yanked":"${text}","requires-python":"${text}"}`),
  ]
  for (const [text, kept] of [['x'.repeat(513), 'x'.repeat(512)], [`x${'é'.repeat(300)}`, `x${'é'.repeat(255)}`]]) {
    for (const page of both('a.zip', text)) assert.deepEqual([ask(page, 'a.zip').yanked, ask(page, 'a.zip').python], [kept, kept])
  }
  // One that is too long to be looked at says that there is one.
  const [, page] = both('a.zip', 'x'.repeat(2049))
  assert.deepEqual([ask(page, 'a.zip').yanked, ask(page, 'a.zip').python], ['', undefined])
  for (const [letter, length] of [['a', 255], ['é', 127]]) {
    const name = letter.repeat(length)
    for (const page of both(name, '')) assert.deepEqual(read(page).names, [name])
    for (const page of both(`${name}${letter}`, '')) assert.deepEqual(read(page).names, [])
  }
})

test('the form shows in the first character', () => {
  for (const text of ['', ' ', 'x', '[]', '\ufeff{}']) assert.equal(refused(() => read(text)), 'page-form: the index page is neither HTML nor JSON', text)
  assert.equal(refused(() => read(new Uint8Array(PAGE_LENGTH_MAX + 1).fill(0x3c))), 'page-length: the index page has more than 33554432 bytes')
})

test('a page says of what kinds its hashes are', () => {
  const json = (hashes) => pageOf(`{"filename":"six-1.0.zip","hashes":{${hashes}}}`)
  const hashes = (page) => ask(page, 'six-1.0.zip').hashes
  assert.deepEqual(hashes(json(`"sha512":"${A}${A}"`)), { sha512: `${A}${A}` })
  assert.deepEqual(hashes(json(`"sha256":"${B}","sha512":"${A}${A}"`)), { sha256: B, sha512: `${A}${A}` })
  assert.deepEqual(hashes(json('"md5":"00","__proto__":"x","constructor":"y"')), {})
  assert.deepEqual(hashes(`<a href="six-1.0.zip#sha512=${A}${A}&sha256=${B}">six-1.0.zip</a>`.replace('&', '&amp;')), { sha512: `${A}${A}`, sha256: B })
})

test('the project is the one whose page the layouts have at that path', () => {
  for (const [path, project] of [
    ['six', 'six'], ['zope.interface', 'zope.interface'], ['simple/six/index.html', 'six'], ['simple/six/', 'six'], ['simple/six', 'six'],
    ['simple/six/vnd.pypi.simple.v1.json', 'six'], ['simple/six/vnd.pypi.simple.v1.html', 'six'], ['a/simple/six/index.json', 'six'],
    ['simple/six.json', 'six'], ['index.html', 'index'],
  ]) assert.equal(projectOfPage(path), project, path)
})
