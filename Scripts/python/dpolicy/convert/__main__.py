"""`python -m dpolicy.convert` is `dpolicy-convert`."""

import sys

from .command import main

sys.exit(main())
