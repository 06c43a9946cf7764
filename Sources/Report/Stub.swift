internal import Inspection
