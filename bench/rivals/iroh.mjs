// One stream over iroh 1.1, direct addresses only:  iroh.mjs serve PORT  |  iroh.mjs send ID PORT MIB
//
// The JavaScript binding moves bytes as arrays of numbers, which takes longer than the network does. So the receiver times
// the span in which its connection's own statistics see the bytes arrive, and the sender has its array ready before.
import iroh from '@number0/iroh'

const PROTOCOL = Array.from(Buffer.from('starling-bench/1'))
const [role, ...words] = process.argv.slice(2)

async function endpoint(address, protocols) {
  const builder = iroh.Endpoint.builder()
  iroh.presetMinimal(builder)
  builder.relayMode(iroh.RelayMode.disabled())
  if (protocols) builder.alpns(protocols)
  if (address) builder.bindAddr(address)
  return builder.bind()
}

async function receive(incoming) {
  const connection = await (await incoming.accept()).connect()
  const stream = await connection.acceptUni()
  const wanted = Buffer.from(await stream.readExact(8)).readDoubleLE()
  const before = connection.stats().udpRxBytes
  let begun = 0, ended = 0
  const watch = setInterval(() => {
    const arrived = connection.stats().udpRxBytes - before
    if (!begun && arrived > 0) begun = performance.now()
    if (!ended && arrived >= wanted) ended = performance.now()
  }, 1)
  const bytes = await stream.readToEnd(wanted + 1)
  clearInterval(watch)
  console.log(JSON.stringify({ bytes: bytes.length, seconds: ((ended || performance.now()) - begun) / 1e3 }))
  connection.close(0n, [0])
}

if (role === 'serve') {
  const own = await endpoint(`127.0.0.1:${words[0]}`, [PROTOCOL])
  console.log(own.id().toString())
  for (;;) await receive(await own.acceptNext())
} else {
  const [id, port, mib] = words
  const own = await endpoint()
  const to = new iroh.EndpointAddr(iroh.EndpointId.fromString(id), null, [`127.0.0.1:${port}`])
  const connection = await own.connect(to, PROTOCOL)
  const stream = await connection.openUni()
  const size = Number(mib) << 20
  const head = Buffer.alloc(8)
  head.writeDoubleLE(size)
  const bytes = new Array(size).fill(7)
  await stream.writeAll(Array.from(head))
  await new Promise(resume => setTimeout(resume, 200))
  await stream.writeAll(bytes)
  await stream.finish()
  await connection.closed()
  process.exit(0)
}
