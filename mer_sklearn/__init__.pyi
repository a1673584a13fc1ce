from .audio import Clip as Clip
from .audio import Segment as Segment
from .audio import read_audio as read_audio
from .errors import AudioError as AudioError
from .errors import MerError as MerError
from .features.extractor import AudioFeatures as AudioFeatures
