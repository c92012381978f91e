"""Why a text gets its trends: the answer of ``trendtag explain``, as text and as HTML."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

# Green marks evidence for a trend, red against it; both are readable on light and dark
# pages.
_FOR, _AGAINST = "46, 160, 67", "218, 54, 51"


@dataclass(frozen=True, repr=False)
class Explanation:
    """Why a text gets its trends. A notebook shows it with the evidence marked in the text.

    ``data`` has all of it, as ``trendtag explain --json`` prints it: for each trend
    its probability, threshold, score, and the contribution of every term.
    """

    data: dict[str, Any]
    #: The texts that were read, one for each text column of the model.
    texts: list[str]

    @property
    def suggested(self) -> list[str]:
        """The keys of the suggested trends."""
        return list(self.data["suggested"])

    @property
    def probabilities(self) -> dict[str, float]:
        """The probability of each trend, by its key."""
        return {trend["key"]: trend["probability"] for trend in self.data["trends"]}

    @property
    def needs_review(self) -> bool:
        """Whether a person should read the text."""
        return bool(self.data["needs_review"])

    @property
    def review_reasons(self) -> list[str]:
        """Why a person should read it, as codes."""
        return list(self.data["review_reasons"])

    def evidence(self, trend: str) -> dict[str, float]:
        """The terms for and against a trend with their contributions, strongest first."""
        found = next((t for t in self.data["trends"] if t["key"] == trend), None)
        if found is None:
            raise KeyError(trend)
        pieces = sorted(found["evidence"], key=lambda piece: -abs(piece["contribution"]))
        return {piece["term"]: piece["contribution"] for piece in pieces}

    def __repr__(self) -> str:
        lines = []
        for trend in self._by_probability():
            mark = "*" if trend["suggested"] else " "
            terms = ", ".join(list(self.evidence(trend["key"]))[:5])
            lines.append(f"{mark} {trend['probability']:6.1%}  {_name(trend)}  ({terms})")
        if self.needs_review:
            lines.append(f"to review: {', '.join(self.review_reasons)}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        trends = self._by_probability()
        shown = [trend for trend in trends if trend["suggested"]] or trends[:1]
        parts = ["<div>", *(self._trend_html(trend, trend in shown) for trend in trends)]
        if self.needs_review:
            parts.append(f"<p>To review: {escape(', '.join(self.review_reasons))}</p>")
        return "".join([*parts, "</div>"])

    def _by_probability(self) -> list[dict[str, Any]]:
        return sorted(self.data["trends"], key=lambda trend: -trend["probability"])

    def _trend_html(self, trend: dict[str, Any], is_open: bool) -> str:
        name = escape(_name(trend))
        title = f"<b>{name}</b>" if trend["suggested"] else name
        limits = f"{trend['probability']:.1%}, suggested from {trend['threshold']:.1%}"
        texts = "".join(
            f'<p style="white-space: pre-wrap; margin: 0.4em 1.2em">{marked}</p>'
            for field in range(len(self.texts))
            if (marked := "".join(self._marked(trend["evidence"], field)))
        )
        opened = " open" if is_open else ""
        return f"<details{opened}><summary>{title}: {limits}</summary>{texts}</details>"

    def _marked(self, evidence: list[dict[str, Any]], field: int) -> Iterator[str]:
        """The text of a field in pieces, each shaded by what speaks for or against there."""
        # Spans count the bytes of UTF-8.
        text = self.texts[field].encode()
        spans = [
            (span["start"], span["end"], piece)
            for piece in evidence
            for span in piece["spans"]
            if span["field"] == field
        ]
        strongest = max((abs(piece["contribution"]) for piece in evidence), default=0.0)
        edges = sorted({0, len(text), *(edge for span in spans for edge in span[:2])})
        for start, end in zip(edges, edges[1:]):
            words = escape(text[start:end].decode(errors="replace"))
            covering = [piece for left, right, piece in spans if left <= start and end <= right]
            weight = sum(piece["contribution"] for piece in covering)
            share = min(abs(weight) / strongest, 1.0) if strongest else 0.0
            if not covering or share < 0.02:
                yield words
                continue
            pieces = (f"{piece['term']} {piece['contribution']:+.2f}" for piece in covering)
            colour = _FOR if weight > 0 else _AGAINST
            yield (
                f'<mark title="{escape(", ".join(pieces))}" style="color: inherit; '
                f'background: rgba({colour}, {0.1 + 0.5 * share:.2f})">{words}</mark>'
            )


def _name(trend: dict[str, Any]) -> str:
    return str(trend.get("name") or trend["key"])
