from .artifact.runtime import load as load
from .audio import Clip as Clip
from .audio import Segment as Segment
from .audio import read_audio as read_audio
from .datasets.base import Dataset as Dataset
from .datasets.registry import load_dataset as load_dataset
from .datasets.synthetic import make_emotion_clips as make_emotion_clips
from .errors import AudioError as AudioError
from .errors import MerError as MerError
from .evaluation.audit import audit as audit
from .evaluation.audit import audit_pipeline as audit_pipeline
from .evaluation.compare import compare as compare
from .evaluation.evaluate import evaluate as evaluate
from .features.extractor import AudioFeatures as AudioFeatures
from .kernel import FamilyKernelRidge as FamilyKernelRidge
from .labels import EmotionLabeller as EmotionLabeller
from .pipeline import EmotionPipeline as EmotionPipeline
from .scaling import BlockScaler as BlockScaler
from .tuning.tune import tune as tune

__version__: str
