"""Frames of window functions in the dialect."""

from __future__ import annotations

from typing import Any

from offbeat.db.utils import NotSupportedError

__all__ = ["WindowOperations"]


class WindowOperations:
    """ROWS and RANGE bounds."""

    UNBOUNDED_PRECEDING = "UNBOUNDED PRECEDING"
    UNBOUNDED_FOLLOWING = "UNBOUNDED FOLLOWING"
    PRECEDING = "PRECEDING"
    FOLLOWING = "FOLLOWING"
    CURRENT_ROW = "CURRENT ROW"

    connection: Any

    def window_frame_value(self, value: int) -> str:
        """A distance from the current row."""
        if value < 0:
            return f"{abs(value)} {self.PRECEDING}"
        if value > 0:
            return f"{value} {self.FOLLOWING}"
        return self.CURRENT_ROW

    def window_frame_rows_start_end(
        self, start: int | None = None, end: int | None = None
    ) -> tuple[str, str]:
        """The bounds of a frame of rows; None is unbounded."""
        if start is not None and end is not None and start > end:
            raise ValueError("start cannot be greater than end.")
        first = self.UNBOUNDED_PRECEDING if start is None else self.window_frame_value(start)
        last = self.UNBOUNDED_FOLLOWING if end is None else self.window_frame_value(end)
        return first, last

    def window_frame_range_start_end(
        self, start: int | None = None, end: int | None = None
    ) -> tuple[str, str]:
        """The bounds of a frame of values."""
        features = self.connection.features
        bounds = self.window_frame_rows_start_end(start, end)
        if features.only_supports_unbounded_with_preceding_and_following and (
            (start and start < 0) or (end and end > 0)
        ):
            raise NotSupportedError(
                f"{self.connection.display_name} only supports UNBOUNDED together with PRECEDING and FOLLOWING."
            )
        if not features.supports_frame_range_fixed_distance and (start or end):
            raise NotSupportedError("This backend does not support ranges of a fixed distance.")
        return bounds
