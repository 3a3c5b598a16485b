import { chromium } from 'playwright-core'
const b = await chromium.launch({executablePath:'/usr/bin/chromium',args:['--no-sandbox','--disable-gpu','--disable-quic','--disable-background-networking']})
const shots = process.argv.slice(3)
for (const s of shots) { const [path,out,w,h,theme]=s.split('|'); const p=await b.newPage({viewport:{width:+w,height:+h},colorScheme:theme||'light'}); p.on('console',m=>{if(m.type()==='error')console.log('console',m.text())}); p.on('pageerror',e=>console.log('pageerror',e.message)); await p.goto(process.argv[2]+path,{waitUntil:'domcontentloaded'}); await p.waitForTimeout(2500); await p.screenshot({path:out,fullPage:true}); await p.close() }
await b.close()
