import { DrafterSession } from '../core/engine/drafter.ts';
import { sessionOptions } from '../core/engine/devices.ts';
import { readManifest } from '../core/engine/pack.ts';
const dir='/tmp/k/lk/pack';
const { manifest } = readManifest(dir);
const d = (await DrafterSession.create(dir, manifest, sessionOptions('cpu', 2)))!;
const aux=new Float32Array(8*3*576).map((_,i)=>Math.sin(i*0.37)*3);
const one = async (count:number)=>{ const g=d.begin(); g.read(aux,8,40); const r=(await g.draft(100,count))!; return Array.from({length:count},(_,i)=>{const x=r(i,null);return [x.ids[0],x.logits[0]!.toFixed(5)]}); };
console.log(JSON.stringify(await one(5))); console.log(JSON.stringify((await one(16)))); 
for (const c of [5,7,10,16,5,7,10,16]) { const g=d.begin(); const many=new Float32Array(120*3*576).map((_,i)=>Math.sin(i*0.37)*3); g.read(many,120,200); await g.draft(1,c); const ts:number[]=[]; for(let i=0;i<60;i++){ g.read(aux,3,203+3*i); const t=performance.now(); await g.draft(7,c); ts.push(performance.now()-t);} ts.sort((a,b)=>a-b); console.log(c, ts[6]!.toFixed(2), ts[30]!.toFixed(2)); }
