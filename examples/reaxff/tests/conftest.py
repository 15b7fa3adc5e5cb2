"""The example is a package below `examples`: its tests find it there."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2]))
