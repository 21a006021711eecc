"""A dataset described as Croissant, MLCommons' metadata for data sets (version 1.0)."""

from pathlib import Path
from typing import Any

from rnnlab.document.results import DatasetOrigin
from rnnlab.provenance.licences import terms

FORMAT = "http://mlcommons.org/croissant/1.0"
CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataBiases": "cr:dataBiases",
    "dataCollection": "cr:dataCollection",
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "personalSensitiveInformation": "cr:personalSensitiveInformation",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "rai": "http://mlcommons.org/croissant/RAI/",
}
"""The standard's own, word for word."""
FORMATS = {".zip": "application/zip", ".gz": "application/gzip", ".tar.gz": "application/x-tar"}


def describe(name: str, dataset: DatasetOrigin, date: str) -> dict[str, Any]:
    """The file of the dataset as it was used, a subset as one.

    date: of the description, as YYYY-MM-DD.
    """
    told = terms(name, dataset)
    address = dataset.address if "://" in (dataset.address or "") else told.home
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": FORMAT,
        "name": name,
        "description": _description(told.title, dataset),
        "url": told.home,
        "license": told.licence,
        "citeAs": told.cite,
        "creator": {"@type": "sc:Organization", "name": told.cite.partition(",")[0]},
        "datePublished": date,
        "version": dataset.sha256[:12],
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": Path(dataset.file).name,
                "name": Path(dataset.file).name,
                "contentUrl": address,
                "contentSize": f"{dataset.bytes} B",
                "encodingFormat": _encoding(dataset.file),
                "sha256": dataset.sha256,
            }
        ],
    }


def _description(title: str, dataset: DatasetOrigin) -> str:
    part = dataset.subset
    extent = [f"A subset: {part.words} of {part.of} words."] if part else []
    return " ".join([f"{title}.", *extent, dataset.notes]).strip()


def _encoding(file: str) -> str:
    return FORMATS[".tar.gz" if file.endswith(".tar.gz") else Path(file).suffix]
