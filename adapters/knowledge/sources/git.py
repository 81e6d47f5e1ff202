"""A git repository: its newest commit, cloned shallowly to a folder that is gone afterwards."""

import asyncio
import base64
import resource
import shutil
import tempfile
from asyncio.subprocess import PIPE
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from adapters.knowledge.folder import FolderReader
from adapters.knowledge.source import Harvest, SourceError

SCHEMES = ("https", "ssh", "file")
_PATIENCE = 300.0
"""Seconds for a clone."""
_LARGEST = 1 << 30
"""Bytes of one file that git writes, such as the pack of all that it cloned."""
# From the environment git gets what finds keys and hosts, and none of our own secrets.
_INHERITED = ("PATH", "HOME", "USER", "SSH_AUTH_SOCK", "SSL_CERT_FILE", "SSL_CERT_DIR", "LANG")
_FIXED = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "true",
    "GIT_SSH_COMMAND": "ssh -oBatchMode=yes",
    "GIT_ALLOW_PROTOCOL": ":".join(SCHEMES),
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_LFS_SKIP_SMUDGE": "1",
}
_OPTIONS = (
    "-c", "core.hooksPath=/dev/null",
    "-c", "core.symlinks=false",
    "-c", "http.followRedirects=false",
    "-c", "safe.directory=*",
)  # fmt: skip


class GitReader:
    def __init__(self, url: str, folder: str, secrets: str, environment: Mapping[str, str]) -> None:
        """`folder`: where in it the pages are; "": everywhere."""
        self._url = url
        self._folder = folder
        self._environment = {k: environment[k] for k in _INHERITED if k in environment} | _FIXED
        token = environment.get(f"{secrets}_TOKEN", "") if secrets else ""
        if token:
            user = environment.get(f"{secrets}_USER", "x-access-token")
            basic = base64.b64encode(f"{user}:{token}".encode()).decode()
            # In the environment, not among the arguments, which every process may read.
            self._environment |= {
                "GIT_CONFIG_COUNT": "1",
                "GIT_CONFIG_KEY_0": "http.extraHeader",
                "GIT_CONFIG_VALUE_0": f"Authorization: Basic {basic}",
            }

    async def read(self, harvest: Harvest) -> None:
        newest = (await self._git("ls-remote", "--", self._url, "HEAD")).partition("\t")[0]
        if newest and newest == harvest.cursor:
            for path in harvest.known:
                harvest.keep(path)
            return
        with tempfile.TemporaryDirectory(prefix="handrail-") as temporary:
            await self._git(
                "clone", "--quiet", "--depth=1", "--single-branch", "--no-tags",
                "--", self._url, f"{temporary}/clone",
            )  # fmt: skip
            root = Path(temporary, "clone")
            await asyncio.to_thread(shutil.rmtree, root / ".git")
            folder = (root / self._folder).resolve()
            if not folder.is_relative_to(root.resolve()) or not folder.is_dir():
                raise SourceError(f"There is no folder {self._folder} in {self._url}.")
            await FolderReader(folder).read(harvest)
        harvest.cursor = newest

    async def _git(self, *arguments: str) -> str:
        process = await asyncio.create_subprocess_exec(
            "git", *_OPTIONS, *arguments,
            stdin=asyncio.subprocess.DEVNULL, stdout=PIPE, stderr=PIPE,
            env=self._environment, start_new_session=True, preexec_fn=_bounded,
        )  # fmt: skip
        try:
            async with asyncio.timeout(_PATIENCE):
                said, wrong = await process.communicate()
        except TimeoutError as error:
            raise SourceError(f"git took too long with {self._url}.") from error
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.communicate()
        if process.returncode:
            lines = wrong.decode("utf-8", "replace").strip().splitlines() or ["git failed"]
            raise SourceError(f"{self._url}: {''.join(filter(str.isprintable, lines[-1]))[:300]}")
        return said.decode("utf-8", "replace")


def _bounded() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (_LARGEST, _LARGEST))
