import sys

from tests.reproduction.page import main

sys.exit(main())
