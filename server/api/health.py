"""GET /api/health: whether the office answers and its database reads. Rule: it says nothing else."""

from typing import Any

from litestar import MediaType, Response, get

from server.deps import Deps


def health_routes(deps: Deps) -> list[Any]:
    """Return the handler of the health check."""

    @get("/api/health", media_type=MediaType.TEXT, sync_to_thread=True)
    def health() -> Response[str]:
        deps.engine.read(lambda reader: reader.query("SELECT 1"))
        return Response(content="ok", media_type=MediaType.TEXT)

    return [health]
