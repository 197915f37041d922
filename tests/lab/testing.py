"""What the test programs share: the exit code that means SKIPPED, and why."""

import sys
import unittest

from lab.namespaces import why_not

EXIT_SKIPPED = 77


def main() -> None:
    """Runs the tests of the calling program, or says why it cannot."""
    reason = why_not()
    if reason:
        print(f"SKIPPED: {reason}")
        sys.exit(EXIT_SKIPPED)
    unittest.main(verbosity=2)
