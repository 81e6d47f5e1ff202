"""The composition root: the only place that knows all the parts."""

import logging

logger = logging.getLogger(__name__)
