from .extractor import AudioFeatures as AudioFeatures
from .family import FAMILIES as FAMILIES
from .family import FeatureFamily as FeatureFamily
from .harmony import Chroma as Chroma
from .presets import PRESETS as PRESETS
from .presets import preset as preset
from .spectrum import SpectralStatistics as SpectralStatistics
from .timbre import MFCC as MFCC
