"""`python -m api`: the same as `otc`."""

import sys

from api.cli.main import main

sys.exit(main())
