import second_verifier, forge, mutants, time, collections, os
from certifiers.steps import examine, step_1, StepError
from certifiers.examined import Failure
from ledger.trust_file import read_trust
from ledger.errors import LedgerError
def theirs(data,trust):
    try: t=read_trust(trust)
    except LedgerError as e:
        try: step_1(data)
        except StepError as f: return {"ok":False,"step":1}, f.code
        return {"ok":False,"step":2}, e.code
    r=examine(data,t)
    if isinstance(r,Failure): return {"ok":False,"step":r.step}, r.code+" "+r.detail
    return {"ok":True,"size":r.size,"root":r.entries[r.size].envelope.payload.body["root"],"lot":r.lot,"subjects":{k:list(v) for k,v in r.chains.items()},"files":{k:list(v) for k,v in r.files.items()},"absent":sorted(r.absent)}, "ok"
def test_a(season):
    c=collections.Counter(); bad=collections.Counter()
    tm=te=td=0
    for i in range(int(os.environ.get("N","1500"))):
        a=time.time()
        d,t=mutants.draw(i,season)
        b=time.time()
        r=second_verifier.examine(d,t); cc=time.time(); e,code=theirs(d,t); f=time.time()
        td+=b-a; tm+=cc-b; te+=f-cc
        c[r.get("step","ok")]+=1
        if r!=e:
            bad[(r.get("step","ok"),e.get("step","ok"),code[:60])]+=1
            if bad[(r.get("step","ok"),e.get("step","ok"),code[:60])]<3: print(i,r.get("step","ok"),e.get("step","ok"),code)
    print(c,bad,td,tm,te)
import json
def test_b(season):
    for i in (481,852):
        d,t=mutants.draw(i,season)
        last=d.splitlines()[-1]
        print(forge.payload_of(last)["links"],forge.payload_of(last)["about"], forge.facts(last).subjects, json.loads(d.splitlines()[0])["absent"])
