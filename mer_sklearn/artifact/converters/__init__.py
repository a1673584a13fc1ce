"""Fitted estimators as array functions: the tail of a pipeline, from features to answers.

A converter is a function ``converter(ops, x, estimator)`` of rows x, shape (n_rows, n_columns),
written in the array API standard: numpy runs it, and the ONNX graph is traced from the same lines.
Numbers are float64 inside, as scikit-learn computes; trees compare float32.

* a transformer or a regressor gives an array (n_rows, n_columns or n_targets);
* a classifier gives `Classes`: a label and the probabilities of each row.

`table.CONVERTERS` names the converter of each type; `table.convert` applies it.
"""
