"""Texts that are nearly the same, by datasketch or scikit-learn; see `bench/near.py`.

near_texts.py HOW SOURCE RESULT: SOURCE is a JSON list of texts, RESULT the pairs that are found, as rows.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
from datasketch import MinHash, MinHashLSH
from sklearn.feature_extraction.text import TfidfVectorizer

how, source, result = sys.argv[1:]
texts = json.loads(Path(source).read_text(encoding="utf-8"))
found = []
print("CPU", time.process_time(), flush=True)
if how == "datasketch":
    sets = [{text[i : i + 4].encode() for i in range(len(text) - 3)} for text in texts]
    index = MinHashLSH(threshold=0.5, num_perm=128)  # so that it misses few: at 0.7 it finds 63 %
    sketches = MinHash.bulk(sets, num_perm=128)
    for number, sketch in enumerate(sketches):
        found += [(other, number) for other in index.query(sketch) if sketch.jaccard(sketches[other]) >= 0.55]
        index.insert(number, sketch)
else:
    matrix = TfidfVectorizer(analyzer="char", ngram_range=(4, 4), dtype=np.float32).fit_transform(texts)
    for start in range(0, len(texts), 1000):
        near = (matrix[start : start + 1000] @ matrix.T).tocoo()
        rows = zip((near.row + start).tolist(), near.col.tolist(), near.data, strict=True)
        found += [(one, two) for one, two, cosine in rows if cosine >= 0.7 and one < two]
Path(result).write_text(json.dumps(found), encoding="utf-8")
print("CPU", time.process_time(), flush=True)
