"""What exists, as data: tasks, languages, backbones, and how to find them by name."""

from xstilts.catalogue.backbone import Backbone, backbones, retrieval_layer
from xstilts.catalogue.check import mistakes_of
from xstilts.catalogue.errors import Problem, nearest
from xstilts.catalogue.find import get_task, tasks
from xstilts.catalogue.language import Language, get_language, languages
from xstilts.catalogue.table import task_from_table
from xstilts.catalogue.task import METRICS, OPTIONAL_ROLES, ROLES, Files, Kin, Task, TaskType

__all__ = [
    "METRICS",
    "OPTIONAL_ROLES",
    "ROLES",
    "Backbone",
    "Files",
    "Kin",
    "Language",
    "Problem",
    "Task",
    "TaskType",
    "backbones",
    "get_language",
    "get_task",
    "languages",
    "mistakes_of",
    "nearest",
    "retrieval_layer",
    "task_from_table",
    "tasks",
]
