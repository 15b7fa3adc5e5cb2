"""The settings of a run: each is declared once, in :class:`RunSpec`, with its default, its check and its record."""

from glompo.settings.run_settings import RunSpec
from glompo.settings.signatures import MinimizeSettings, ResumeSettings, SetupSettings, documented, spelled_out

__all__ = ["MinimizeSettings", "ResumeSettings", "RunSpec", "SetupSettings", "documented", "spelled_out"]
