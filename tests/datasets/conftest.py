"""Tiny corpora in their published layouts."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

EMOTIFY_HEADER = (
    "track id, genre, amazement, solemnity, tenderness, nostalgia, calmness, power, "
    "joyful_activation, tension, sadness, mood, liked, disliked, age, gender, mother tongue"
)


@pytest.fixture
def write_audio():
    """Write a tenth of a second of silence, with tags if any are given."""

    def write(path, **tags):
        path.parent.mkdir(parents=True, exist_ok=True)
        with soundfile.SoundFile(path, "w", samplerate=22_050, channels=1) as file:
            for key, value in tags.items():
                setattr(file, key, value)
            file.write(np.zeros(2_205))
        return path

    return write


@pytest.fixture
def vote():
    """Return a line of Emotify's table: the emotions of one listener."""

    def line(track, genre, *felt):
        names = [name.strip() for name in EMOTIFY_HEADER.split(",")][2:11]
        marks = ",".join(str(int(name in felt)) for name in names)
        return f"{track},{genre},{marks},3,1,0,21,1,English"

    return line


@pytest.fixture
def emotify(tmp_path, write_audio, vote):
    """Return the root of an Emotify of three songs: calm, tied, and one that moves nobody."""
    lines = [
        EMOTIFY_HEADER,
        vote(1, "classical", "calmness", "sadness"),
        vote(1, "classical", "calmness"),
        vote(1, "classical"),
        vote(102, "rock", "tension", "power"),
        vote(202, "electronic"),
    ]
    (tmp_path / "data.csv").write_text("\n".join(lines) + "\n")
    for file, artist in (("classical/1", "Ann"), ("rock/2", "Bob"), ("electronic/2", "Cy")):
        write_audio(tmp_path / f"{file}.mp3", artist=artist)
    return tmp_path


@pytest.fixture
def ravdess(tmp_path, write_audio):
    """Return the root of a RAVDESS of a man and a woman: neutral, calm, angry, a happy song."""
    for actor in ("01", "02"):
        for name in ("03-01-01-01-01-01", "03-01-02-01-01-01", "03-01-05-02-02-01"):
            write_audio(tmp_path / "Audio" / f"Actor_{actor}" / f"{name}-{actor}.wav")
    write_audio(tmp_path / "Audio" / "Actor_02" / "03-02-03-01-02-02-02.wav")
    return tmp_path


@pytest.fixture
def classes(tmp_path, write_audio):
    """Return a folder with two folders of classes."""
    for name in ("happy/b.wav", "happy/deep/er/a.FLAC", "sad/1.ogg"):
        write_audio(tmp_path / name)
    return tmp_path


@pytest.fixture
def table(tmp_path, write_audio):
    """Write a table beside four files a.wav to d.wav."""
    for name in "abcd":
        write_audio(tmp_path / f"{name}.wav")

    def write(*lines, name="songs.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(("\r\n".join(lines) + "\r\n").encode(encoding))
        return path

    return write


# ------------------------------------------------------------------ corpora of valence and arousal

N_SONGS = 30  # of each year; correlations of fewer than 20 prove nothing


@pytest.fixture
def plane(rng):
    """Return valence and arousal of some songs in [-0.8, 0.8], hardly correlated."""

    def draw(ids):
        return {song: rng.uniform(-0.8, 0.8, 2).round(3) for song in ids}

    return draw


def write_lines(path, lines, end="\n", encoding="utf-8"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes((end.join(lines) + end).encode(encoding))
    return path


def wide_curve(truth, axis, n_moments=8):
    """Return the lines of a table with a column for each moment; curves wobble around the truth."""
    moments = [f"sample_{15000 + 500 * k}ms" for k in range(n_moments)]
    yield ",".join(["song_id", *moments])
    for song, values in truth.items():
        wobble = [f"{values[axis] + 0.02 * (-1) ** k:.4f}" for k in range(n_moments)]
        yield ",".join([str(song), *wobble])


def nine(value):
    """Return a number of -1 to 1 on the scale from 1 to 9."""
    return f"{5 + 4 * value:.2f}"


@pytest.fixture
def deam_tree(tmp_path, plane, write_audio):
    """Write DEAM in its official layout, exchanged up to song 1000 as published or not."""

    def write(root=tmp_path, *, exchanged=True, curves=True, raters=False, audio=(2, 1001, 2001)):
        years = [range(2, 2 + N_SONGS), range(1001, 1001 + N_SONGS), range(2001, 2004)]
        truth = plane([song for year in years for song in year])
        base = root / "DEAM_Annotations" / "annotations"
        means = base / "annotations averaged per song"
        turned = {s: v[::-1] if exchanged and s <= 1000 else v for s, v in truth.items()}
        first, last = (list(years[0]) + list(years[1])), list(years[2])
        write_lines(
            means / "song_level" / "static_annotations_averaged_songs_1_2000.csv",
            ["song_id, valence_mean, valence_std, arousal_mean, arousal_std"]
            + [f"{s},{nine(turned[s][0])},1.2,{nine(turned[s][1])},0.8" for s in first],
            end="\r\n",
        )
        write_lines(
            means / "song_level" / "static_annotations_averaged_songs_2000_2058.csv",
            [
                "song_id, valence_mean, valence_std, valence_ max_mean, valence_max_std, "
                "valence_min_mean, valence_min_std, arousal_mean, arousal_std, arousal_max_mean, "
                "arousal_max_std, arousal_min_mean, arousal_min_std"
            ]
            + [f"{s},{nine(truth[s][0])},1,9,1,1,1,{nine(truth[s][1])},1,9,1,1,1" for s in last],
        )
        if curves:
            place = means / "dynamic (per second annotations)"
            for axis, name in enumerate(("valence", "arousal")):
                write_lines(place / f"{name}.csv", wide_curve(truth, axis))
        if raters:
            place = base / "annotations per each rater" / "song_level"
            write_lines(
                place / "static_annotations_songs_1_2000.csv",
                ["workerID, SongId, Valence, Arousal"]
                + [
                    f"w{k}, {s}, {nine(turned[s][0] + k / 10)}, {nine(turned[s][1] - k / 10)}"
                    for s in first
                    for k in (-1, 0, 1)
                ],
            )
            write_lines(
                place / "static_annotations_songs_2000_2058.csv",
                ["SongId, WorkerId, Arousal_Average, Valence_Average"]
                + [f"{s}, w0, {nine(truth[s][1])}, {nine(truth[s][0])}" for s in last],
            )
        write_lines(
            root / "metadata" / "metadata_2013.csv",
            [
                '"song_id","file_name","Artist","Song title","start of the segment (min.sec)",'
                '"end of the segment (min.sec)","Genre","Mediaeval 2013 set"'
            ]
            + [
                f'{s},"\t{s}.mp3","Ann {s % 10}\t","\tTune","\t0.1","\t0.5","\tBlues","development"'
                for s in years[0]
            ],
        )
        write_lines(
            root / "metadata" / "metadata_2014.csv",
            ["Id,Artist,Album,Track,Genre"]
            + [f"{s},Bob {s % 10},LP,Song {s},Rock,indie,seen live,x" for s in years[1]],
        )
        write_lines(
            root / "metadata" / "metadata_2015.csv",
            ["id,Filename,title,artist,album,genre"]
            + [f"{s},{s}.mp3,Long {s},Cy,n/a,Pop" for s in last],
        )
        for song in audio:
            write_audio(root / "DEAM_audio" / "MEMD_audio" / f"{song}.mp3")
        return root

    write.songs = 2 * N_SONGS + 3
    return write


@pytest.fixture
def deam(deam_tree):
    """Return the root of a DEAM whose columns are named rightly."""
    return deam_tree(exchanged=False)


@pytest.fixture
def emomusic_tree(tmp_path, plane, write_audio):
    """Write emoMusic in its official layout."""

    def write(root=tmp_path, *, exchanged=False, names=("mean_{}", "std_{}")):
        ids = range(2, 2 + N_SONGS)
        truth = plane(ids)
        place = root / "annotations"
        columns = [name.format(axis) for axis in ("arousal", "valence") for name in names]
        pick = (0, 1) if exchanged else (1, 0)
        write_lines(
            place / "static_annotations.csv",
            [",".join(["song_id", *columns])]
            + [f"{s},{nine(v[pick[0]])},0.8,{nine(v[pick[1]])},1.2" for s, v in truth.items()],
        )
        for axis, name in enumerate(("valence", "arousal")):
            write_lines(place / f"{name}_cont_average.csv", wide_curve(truth, axis))
        write_lines(
            place / "songs_info.csv",
            [
                '"song_id","file_name","Artist","Song title","start of the segment (min.sec)",'
                '"end of the segment (min.sec)","Genre","Mediaeval 2013 set"'
            ]
            + [
                f'{s},"\t{s}.mp3","Ann {s % 10}\t","\tTune {s}","\t0.1","\t0.5","\tBlues",'
                f'"{"evaluation" if s % 10 < 2 or s == 5 else "development"}"'
                for s in ids
            ],
        )
        for song in (2, 3):
            write_audio(root / "clips_45seconds" / f"{song}.mp3")
        return root

    return write


@pytest.fixture
def emomusic(emomusic_tree):
    return emomusic_tree()


@pytest.fixture
def pmemo_tree(tmp_path, plane, write_audio):
    """Write PMEmo in its official layout, or a copy with labels of another scale or order."""

    def write(root=tmp_path, *, exchanged=False, scale=1, offset=0, last=None):
        ids = [*range(1, N_SONGS), last or N_SONGS]
        truth = {song: (values + 1) / 2 for song, values in plane(ids).items()}
        place = root / "PMEmo2019" / "annotations"
        pick = (0, 1) if exchanged else (1, 0)
        write_lines(
            place / "static_annotations.csv",
            ["musicId,Arousal(mean),Valence(mean)"]
            + [
                f"{s},{scale * v[pick[0]] + offset},{scale * v[pick[1]] + offset}"
                for s, v in truth.items()
            ],
        )
        write_lines(
            place / "static_annotations_std.csv",
            ["musicId,Arousal(std),Valence(std)"] + [f"{s},0.1,0.2" for s in ids],
        )
        write_lines(
            place / "dynamic_annotations.csv",
            ["musicId,frameTime,Arousal(mean),Valence(mean)"]
            + [f"{s},{15.5 + k / 2},{v[1]},{v[0]}" for s, v in truth.items() for k in range(6)],
        )
        write_lines(
            root / "PMEmo2019" / "metadata.csv",
            ["musicId,fileName,title,artist,album,duration,chorus_start_time,chorus_end_time"]
            + [f'{s},{s}.mp3,Hit {s},"Drake, the" ,LP,30,00:10,00:40' for s in (1, 2)]
            + [f"{s},{s}.mp3,Hit {s},Singer {s % 7},LP,30,00:10,00:40" for s in [*ids[2:], 900]],
        )
        for song in (1, 2, 3):
            write_audio(root / "PMEmo2019" / "chorus" / f"{song}.mp3")
        return root

    return write


@pytest.fixture
def pmemo(pmemo_tree):
    return pmemo_tree()


@pytest.fixture
def fourq(tmp_path, write_audio):
    """Return the root of a 4Q of six songs, its metadata in Windows-1252."""
    songs = {
        "MT1": ("Q1", "Eddie Heywood"),
        "MT2": ("Q2", "Eddie Heywood and His Orchestra"),
        "MT3": ("Q3", "Mötley"),
        "MT4": ("Q4", ""),
        "MT5": ("Q1", "Tuck & Patti"),
        "MT6": ("Q2", "Gone"),
    }
    root = tmp_path / "MER_audio_taffc_dataset"
    write_lines(
        root / "panda_dataset_taffc_annotations.csv",
        ["Song,Quadrant"] + [f"{song},{quadrant}" for song, (quadrant, _) in songs.items()],
    )
    write_lines(
        root / "panda_dataset_taffc_metadata.csv",
        ['"Song","Artist","Title","Quadrant"']
        + [f'"{song}","{artist}","Tür, {song}","{q}"' for song, (q, artist) in songs.items()],
        encoding="cp1252",
    )
    for song, (quadrant, artist) in songs.items():
        if artist != "Gone":
            write_audio(root / quadrant / f"{song}.mp3")
    return tmp_path


@pytest.fixture
def amg1608(tmp_path, rng, write_audio):
    """Return the root of an AMG1608 of four songs, of which one is not rated and one not there."""
    from scipy.io import savemat

    labels = np.full((4, 6, 2), np.nan)
    labels[0, :3] = [[0.5, -0.5], [0.7, -0.3], [0.6, -0.4]]
    labels[1, 2:5] = [-0.2, 0.8]
    labels[2, 0] = [0.1, 0.1]
    info = np.array([["Ann", "Song A"], ["Bob", "B"], ["ann ", "C"], ["Cy", "D"]], dtype=object)
    savemat(tmp_path / "AMG1608.mat", {"song_label": labels, "song_info": info})
    savemat(tmp_path / "1608_song_id.mat", {"mat_id2song_id": np.array([[11], [7], [30], [4]])})
    for song in (11, 7):
        write_audio(tmp_path / "audio" / f"{song}.wav")
    return tmp_path


@pytest.fixture
def jamendo(tmp_path, write_audio):
    """Return the root of an MTG-Jamendo of four tracks, in two splits."""
    header = "TRACK_ID\tARTIST_ID\tALBUM_ID\tPATH\tDURATION\tTAGS"
    rows = {
        "train": ["1\t1\t1\t24/124.mp3\t200.1\tmood/theme---sad\tmood/theme---slow"],
        "validation": ["2\t2\t1\t24/224.mp3\t100\tmood/theme---happy"],
        "test": [
            "3\t3\t1\t25/325.mp3\t90.5\tmood/theme---sad\tmood/theme---slow\tmood/theme---film",
            "4\t3\t1\t25/425.mp3\t90\tmood/theme---film",
        ],
    }
    for split in (0, 1):
        for part, lines in rows.items():
            name = f"autotagging_moodtheme-{part}.tsv"
            place = tmp_path / "data" / "splits" / f"split-{split}" / name
            write_lines(place, [header, *(lines if split == 0 else lines[:1])])
    for file in ("24/124.mp3", "24/224.low.mp3", "25/325.mp3"):
        write_audio(tmp_path / "audio" / file)
    return tmp_path


# -------------------------------------------------------------------------------- corpora of speech


@pytest.fixture
def emodb(tmp_path, write_audio):
    for name in ("03a01Fa", "03a01Wa", "08a02Ec", "09b10Tb", "16a05Lb", "10a07Ad", "11b03Na"):
        write_audio(tmp_path / "wav" / f"{name}.wav")
    return tmp_path


@pytest.fixture
def tess(tmp_path, write_audio):
    for name in (
        "OAF_angry/OAF_back_angry",
        "OAF_Pleasant_surprise/OAF_back_ps",
        "OAF_neutral/OA_bite_neutral",
        "YAF_pleasant_surprised/YAF_back_ps",
        "YAF_fear/YAF_back_fear",
    ):
        write_audio(tmp_path / f"{name}.wav")
    return tmp_path


@pytest.fixture
def savee(tmp_path, write_audio):
    for name in ("DC/a01", "DC/sa01", "DC/su02", "JE/a01", "KL/n30"):
        write_audio(tmp_path / "AudioData" / f"{name}.wav")
    return tmp_path


@pytest.fixture
def cremad(tmp_path, write_audio):
    """Return the root of a CREMA-D of two actors, with the votes of listeners."""
    names = ("1001_DFA_ANG_XX", "1001_IEO_NEU_XX", "1002_IEO_SAD_HI", "1002_IEO_HAP_LO")
    for name in names:
        write_audio(tmp_path / "AudioWAV" / f"{name}.wav")
    write_lines(
        tmp_path / "VideoDemographics.csv",
        [
            '"ActorID","Age","Sex","Race","Ethnicity"',
            '1001,51,"Male","x","y"',
            '1002,21,"Female","x","y"',
        ],
    )
    votes = dict(zip(names, ("A", "N", "A:N", "N"), strict=True))
    write_lines(
        tmp_path / "processedResults" / "summaryTable.csv",
        ['"","FileName","VoiceVote","VoiceLevel"']
        + [f'"{k}","{name}","{vote}","50"' for k, (name, vote) in enumerate(votes.items())],
    )
    return tmp_path
