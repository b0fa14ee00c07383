// A panic of the core is a trap. Here the module is changed so that it traps.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import binaryen from 'binaryen'
import { WHEEL, demoRepository, installed, load, refusal } from './support.mjs'

/** The place of `done` in `CALLS` of src/engine.ts. */
const DONE = 5

/** The module with a call that does nothing but trap: that of this number. */
async function trapping(call) {
  const module = binaryen.readBinary(await readFile(join(installed, 'dist/wasm/picotuf_bg.wasm')))
  // What Node knows, and no more: it decides how the module is written.
  const { BulkMemory, Multivalue, MutableGlobals, NontrappingFPToInt, ReferenceTypes, SignExt } =
    binaryen.Features
  module.setFeatures(
    BulkMemory | Multivalue | MutableGlobals | NontrappingFPToInt | ReferenceTypes | SignExt,
  )
  for (let index = 0; index < module.getNumExports(); index++) {
    const info = binaryen.getExportInfo(module.getExportByIndex(index))
    if (info.name !== 'core_call') continue
    const called = binaryen.Function(module.getFunction(info.value))
    const { i32 } = binaryen
    // The numbers that it takes are the object and the call, in this order.
    const trap = module.if(
      module.i32.eq(module.local.get(1, i32), module.i32.const(call)),
      module.unreachable(),
    )
    called.body = module.block(null, [trap, called.body], called.results)
  }
  return module.emitBinary()
}

test('a trap becomes one error, and the client is of no more use, but does not hang', async () => {
  const { Client } = await load()
  const { options } = await demoRepository()
  const client = await Client.open({ ...options, wasm: await trapping(DONE) })
  const error = await refusal(client.refresh())
  assert.deepEqual([error.name, error.code, error.blame], ['PicotufError', 'internal', 'caller'])
  assert.ok(error.cause instanceof WebAssembly.RuntimeError, error.cause)
  for (const work of [client.refresh(), client.target(WHEEL)])
    assert.equal(await refusal(work), error)
  // Others of the same module go on as far as they can.
  const other = await Client.open(options)
  assert.equal((await refusal(other.refresh())).code, 'internal')
})
