import { traceBodies, TraceRequest } from './otlp-spans.ts'
import { readProtobuf } from '../ingest/otlp/protobuf.ts'
import { mapSpans } from '../ingest/otlp/calls.ts'
import { arrivalOf, callLine } from '../ingest/otlp/lines.ts'
const bodies = traceBodies({ bodies: 10, spans: 2000, seed: 1, endedUs: Date.now() * 1000 })
console.log(bodies[0]!.length/2000, 'bytes/span')
const resolve = () => null
const now = Date.now()*1000
function time(name: string, f: (b: Buffer) => unknown) {
  for (let i=0;i<20;i++) f(bodies[i%10]!)
  const cpu = process.cpuUsage(); const t=performance.now()
  for (let i=0;i<60;i++) f(bodies[i%10]!)
  const s=(performance.now()-t)/1000; const c=process.cpuUsage(cpu)
  console.log(name, Math.round(120000/s), 'spans/s', ((c.user+c.system)/120000).toFixed(2),'us cpu/span')
}
time('protobufjs', (b)=>TraceRequest.decode(b))
time('ours', (b)=>readProtobuf(b,'traces'))
time('decode+map', (b)=>mapSpans(readProtobuf(b,'traces'),resolve,now))
time('decode+map+line', (b)=>{ const {calls}=mapSpans(readProtobuf(b,'traces'),resolve,now); const a=arrivalOf({tenant:'t' as never,feed:'otlp',token:'x',at:now}); return Buffer.from(calls.map(c=>callLine(a,c)).join('\n')) })
const {calls,rejected}=mapSpans(readProtobuf(bodies[0]!,'traces'),resolve,now)
console.log(rejected.slice(0,2)); for (const c of calls.slice(0,5)) console.log(callLine(arrivalOf({tenant:'t' as never,feed:'otlp',token:'x',at:now}),c))
