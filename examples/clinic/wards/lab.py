"""The laboratory: an outside service, asked over HTTP."""

from __future__ import annotations

import logging
from typing import Any

import httpx

from offbeat.conf import settings

logger = logging.getLogger(__name__)


async def pending_results() -> dict[str, Any]:
    """``{"results": [...]}`` from the laboratory; ``{"error": text}`` when it does not answer in time."""
    try:
        async with httpx.AsyncClient(base_url=settings.LAB_URL, timeout=settings.LAB_TIMEOUT) as client:
            response = await client.get("/results")
            response.raise_for_status()
            return {"results": response.json()["results"]}
    except (httpx.HTTPError, ValueError, KeyError) as error:
        logger.warning("The laboratory did not answer: %s", error)
        return {"error": "The laboratory does not answer at the moment."}
