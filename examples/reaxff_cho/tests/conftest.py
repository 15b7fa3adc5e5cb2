"""The example is a folder of scripts, not a package: its tests find the modules beside them."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent))
