"""Every text of the pages in Spanish and English, except the fields' own labels.

Placeholders in braces are filled in by ``app_front.language.translate``.
"""

from collections.abc import Mapping
from typing import Literal

from readmission.schema import Label

# Words of several pages
FLAGGED = Label("Por encima del umbral", "Above the threshold")
MEAN_RISK = Label("Riesgo medio", "Mean risk")
THRESHOLD = Label("Umbral", "Threshold")
FIELD = Label("Dato", "Field")
ROWS = Label("Filas", "Rows")
RISK_COLUMN = Label("Riesgo", "Risk")
FLAGGED_COLUMN = Label("Aviso", "Flagged")
ID_COLUMN = Label("Identificador", "ID")
VERSION_COLUMN = Label("Versión", "Version")
MADE_AT = Label("Fecha", "Date")
DECIDED_AT = Label("Fecha", "Date")
READMITTED = Label("Reingreso en 30 días", "Readmitted within 30 days")
NOT_READMITTED = Label("Sin reingreso en 30 días", "Not readmitted within 30 days")
PREDICTED_RISK = Label("Riesgo estimado", "Estimated risk")
OBSERVED_RISK = Label("Reingresos observados", "Observed readmissions")
NO_PREDICTIONS = Label(
    "Aún no hay predicciones. Haga la primera en **Predicción**.",
    "There are no predictions yet. Make the first one on **Prediction**.",
)
F1 = Label("F1", "F1")
AUC = Label("AUC", "AUC")
AVERAGE_PRECISION = Label("Precisión media", "Average precision")
PRECISION = Label("VPP (aciertos entre los avisos)", "Precision (PPV)")
RECALL = Label("Sensibilidad", "Recall (sensitivity)")
ACCURACY = Label("Exactitud", "Accuracy")
BRIER = Label("Brier", "Brier")

# Around every page
SYNTHETIC = Label(
    "**Datos sintéticos.** El modelo se entrenó con una muestra generada, no con pacientes reales: "
    "sus resultados solo sirven para probar el sistema.",
    "**Synthetic data.** The model was trained on a generated sample, not on real patients: "
    "its results only serve to try the system out.",
)

# Problems
API_DOWN = Label(
    "**La API no responde** en {url}. Avise a quien administra el sistema, que puede arrancarla "
    "en otra terminal:",
    "**The API does not answer** at {url}. Tell whoever runs the system, who can start it in "
    "another terminal:",
)
API_ELSEWHERE = Label(
    "Si la API está en otra dirección, indíquela en la variable API_URL.",
    "If the API is at another address, set it in the variable API_URL.",
)
NO_MODEL = Label(
    "**Todavía no hay modelo.** La API funciona, pero ningún modelo ha sido promovido. "
    "Avise a quien administra el sistema, que puede entrenar el primero:",
    "**There is no model yet.** The API works, but no model has been promoted. "
    "Tell whoever runs the system, who can train the first one:",
)
NO_MODEL_AFTER = Label(
    "La API lo encuentra sola en unos segundos; después, pulse «Reintentar».",
    "The API finds it by itself within seconds; then press “Try again”.",
)
WRONG_KEY = Label(
    "**La API no acepta la clave.** Ponga una clave válida en la variable API_KEY y reinicie "
    "el formulario.",
    "**The API refuses the key.** Put a valid key into the variable API_KEY and restart the form.",
)
BUSY = Label(
    "**El servicio está ocupado.** No se ha perdido nada: inténtelo de nuevo en unos segundos.",
    "**The service is busy.** Nothing is lost: try again in a few seconds.",
)
REFUSED = Label("La API no acepta estos valores:", "The API does not accept these values:")
BROKEN = Label(
    "**La API ha fallado.** Avise a quien administra el sistema: el motivo está en el registro de "
    "la API (`./run status`).",
    "**The API has failed.** Tell whoever runs the system: the API's log says why "
    "(`./run status`).",
)
NOT_FOUND = Label(
    "No hay nada con ese identificador.",
    "There is nothing with this ID.",
)
NOT_UNDERSTOOD = Label("La API no entiende lo enviado.", "The API does not understand the request.")
TRY_AGAIN = Label("Reintentar", "Try again")

# Fields
MORE = Label("Más datos ({count}, opcionales)", "More details ({count}, optional)")
RANGE = Label("De {low} a {high}", "From {low} to {high}")
NO_DATA = Label("Sin dato", "No data")
MUST_BE_INTEGER = Label(
    "Debe ser un número entero de {low} a {high}",
    "It must be a whole number from {low} to {high}",
)
MUST_BE_ONE_OF = Label("Debe ser uno de estos valores: {choices}", "It must be one of: {choices}")
CODE_NOT_IN_GROUP = Label(
    "El código y el grupo no se corresponden: deje solo uno de los dos",
    "The code does not belong to the group: leave only one of the two",
)
NEVER_READMITTED = Label(
    "Falleció o recibe cuidados paliativos: el modelo no calcula su reingreso",
    "The patient died or is in hospice care: the model does not predict a readmission",
)
VALUE_REFUSED = Label("La API no acepta este valor", "The API does not accept this value")
_DIAGNOSIS_EXAMPLE = Label(
    "código o palabras: I50.9, 428, insuficiencia cardiaca",
    "code or words: I50.9, 428, heart failure",
)
WHICH_ONE = Label("¿Cuál de estos diagnósticos?", "Which of these diagnoses?")
CHOOSE_DIAGNOSIS = Label(
    "«{text}» no es un código: elija un diagnóstico de la lista que aparece bajo el campo",
    "“{text}” is not a code: choose a diagnosis from the list below the field",
)
EXAMPLES = {
    "medical_specialty": Label("p. ej. Cardiology", "e.g. Cardiology"),
    "diag_1": _DIAGNOSIS_EXAMPLE,
    "diag_2": _DIAGNOSIS_EXAMPLE,
    "diag_3": _DIAGNOSIS_EXAMPLE,
}
_DIAGNOSIS_HELP = Label(
    "Código CIE-9 o CIE-10, o palabras en español o inglés; el modelo usa la CIE-9",
    "ICD-9 or ICD-10 code, or words in English or Spanish; the model uses ICD-9",
)
_CODE_HELP = Label(
    "Si se indica, decide en lugar del grupo elegido arriba",
    "If given, it is used instead of the group chosen above",
)
HELP = {
    "medical_specialty": Label(
        "Especialidad del médico que ingresa, en inglés como en los datos",
        "The admitting physician's specialty",
    ),
    "diag_1": _DIAGNOSIS_HELP,
    "diag_2": _DIAGNOSIS_HELP,
    "diag_3": _DIAGNOSIS_HELP,
    "max_glu_serum": Label(
        "El valor más alto durante la estancia, si se midió",
        "The highest value during the stay, if measured",
    ),
    "A1Cresult": Label(
        "Hemoglobina glicosilada; que no se midiera también es informativo",
        "Glycated haemoglobin; that it was not measured is informative, too",
    ),
    "change": Label(
        "Cambio de dosis o de fármaco para la diabetes durante la estancia",
        "A change of dose or of drug for diabetes during the stay",
    ),
    "payer_code": Label(
        "Código del pagador, como en los datos",
        "The payer's code, as in the data",
    ),
    "admission_type_code": _CODE_HELP,
    "discharge_disposition_code": _CODE_HELP,
    "admission_source_code": _CODE_HELP,
}

# Prediction
PREDICTION = Label("Predicción", "Prediction")
PREDICTION_INTRO = Label(
    "Estima la probabilidad de que un paciente con diabetes reingrese en los 30 días siguientes "
    "al alta.",
    "Estimates how likely a patient with diabetes is to be readmitted within 30 days of discharge.",
)
CALCULATE = Label("Calcular el riesgo", "Calculate the risk")
NEW_PATIENT = Label("Nuevo paciente", "New patient")
PATIENT_LABEL = Label("N.º de historia (opcional)", "Hospital's own number (optional)")
PATIENT_LABEL_HELP = Label(
    "Se guarda con la predicción para encontrarla después; el modelo no lo usa",
    "Stored with the prediction so that you can find it again; the model does not use it",
)
CHECK_FIELDS = Label(
    "**Revise estos datos** y vuelva a calcular:", "**Check these fields**, then calculate again:"
)
OUTDATED = Label(
    "**Los datos han cambiado: vuelva a calcular.** Este resultado es de los datos anteriores.",
    "**The data have changed: calculate again.** This result is for the data before.",
)
RESULT_HEAD = Label(
    "{moment} · modelo {name}, versión {version}",
    "{moment} · model {name}, version {version}",
)
LABEL_SHOWN = Label("n.º de historia {number}", "hospital's own number {number}")
CALCULATING = Label("Calculando…", "Calculating…")
EXPLAINING = Label("Buscando los motivos…", "Looking for the reasons…")
RESULT = Label("Resultado", "Result")
RESULT_EMPTY = Label(
    "Complete los datos y pulse **{button}**. Los valores iniciales son los más frecuentes.",
    "Fill in the data and press **{button}**. The initial values are the most common ones.",
)
RISK = Label("riesgo estimado a 30 días", "estimated 30-day risk")
OF_A_HUNDRED = Label(
    "De cada 100 pacientes con un riesgo como este, cabe esperar que reingresen unos {count}.",
    "Of 100 patients with a risk like this, about {count} are expected to be readmitted.",
)
TIMES_BASE = Label("{times} veces la media ({base}).", "{times} times the average ({base}).")
ABOVE = Label("Por encima del umbral", "Above the threshold")
BELOW = Label("Por debajo del umbral", "Below the threshold")
ABOVE_MEANS = Label(
    "El modelo avisa de esta alta para su seguimiento. La mayoría de los avisos no reingresan.",
    "The model flags this discharge for follow-up. Most flagged ones are not readmitted.",
)
BELOW_MEANS = Label(
    "El modelo no avisa de esta alta. Un riesgo bajo no es un riesgo nulo.",
    "The model does not flag this discharge. A low risk does not mean no risk.",
)
BASE_RATE = Label("Media", "Average")
GAUGE = Label(
    "Riesgo {risk}, umbral {threshold}, media {base}",
    "Risk {risk}, threshold {threshold}, average {base}",
)
NOT_A_DIAGNOSIS = Label(
    "Estimación estadística a partir de 130 hospitales de EE. UU. (1999-2008). No sustituye "
    "el juicio clínico.",
    "A statistical estimate from 130 US hospitals (1999-2008). It does not replace clinical "
    "judgement.",
)
REASONS = Label("Lo que más pesa", "What weighs most")
RAISES = Label("sube el riesgo", "raises the risk")
LOWERS = Label("baja el riesgo", "lowers the risk")
NOTHING_ENTERED = Label(
    "No se ha cambiado ningún dato: este es el riesgo de un paciente habitual.",
    "No field has been changed: this is the risk of a typical patient.",
)
NOT_ENTERED = Label(
    "Lo no rellenado, en conjunto: {points} puntos.",
    "Not filled in, together: {points} points.",
)
AT_DEFAULT = Label(
    "{count} de {total} campos están en su valor por defecto; cuantos más rellene, más preciso "
    "será el resultado.",
    "{count} of {total} fields are at their default; the more you fill in, the more precise the "
    "result.",
)
REASONS_NOTE = Label(
    "Asociaciones que el modelo aprendió, no causas.",
    "Associations that the model has learned, not causes.",
)
NO_REASONS = Label(
    "La explicación no está disponible ahora.",
    "The explanation is not available now.",
)
PREDICTION_ID = Label("Identificador, para registrar el desenlace:", "ID, to report the outcome:")
REPORT_OUTCOME = Label("Registrar el desenlace", "Report the outcome")

# Many patients
BATCH = Label("Muchos pacientes", "Many patients")
BATCH_INTRO = Label(
    "Suba un archivo con un paciente por fila: CSV o Excel, con los nombres de este formulario o "
    "los de los datos originales. Las columnas y celdas que falten toman el valor más frecuente; "
    "cada fila correcta se calcula y queda registrada, y de cada fila errónea se dice qué "
    "corregir.",
    "Upload a file with one patient per row: CSV or Excel, with the names of this form or those of "
    "the original dataset. Columns and cells left out take the most common value; each valid row "
    "is calculated and stored, and for each invalid row you read what to fix.",
)
TEMPLATE = Label("Descargar la plantilla", "Download the template")
TEMPLATE_FILE = Label("plantilla_pacientes.csv", "patients_template.csv")
TEMPLATE_WORKBOOK = Label("Plantilla de Excel, con los valores", "Excel template, with the values")
TEMPLATE_WORKBOOK_FILE = Label("plantilla_pacientes.xlsx", "patients_template.xlsx")
PATIENTS_SHEET = Label("Pacientes", "Patients")
VALUES_SHEET = Label("Valores", "Values")
UPLOAD = Label("Archivo de pacientes (CSV o Excel)", "File of patients (CSV or Excel)")
CALCULATE_ROWS = Label("Calcular {rows} pacientes", "Calculate {rows} patients")
ROWS_DONE = Label("{done} de {total} filas", "{done} of {total} rows")
EXTRA_COLUMNS = Label(
    "Estas columnas no son campos del modelo; no se usan y siguen en el resultado: {columns}.",
    "These columns are not model fields; they are not used and stay in the result: {columns}.",
)
EMPTY_CELLS = Label(
    "Celdas vacías: {count}. Cada una toma el valor más frecuente de su campo.",
    "Empty cells: {count}. Each takes the most common value of its field.",
)
WRONG_COLUMN = Label(
    "La columna «{heading}» no tiene ningún valor válido en {rows} filas (por ejemplo: "
    "{examples}). {allowed}.",
    "The column “{heading}” has no valid value in {rows} rows (for example: {examples}). "
    "{allowed}.",
)
MALFORMED_ROW = Label(
    "Tiene {cells} celdas y la cabecera {expected}",
    "It has {cells} cells and the header has {expected}",
)
ROW_WITHOUT_VALUES = Label(
    "No tiene ningún valor de los campos del modelo", "It has no value of any model field"
)
CALCULATED = Label("Calculadas", "Calculated")
REJECTED = Label("Con errores", "With errors")
INVALID_ROWS = Label("Filas con errores", "Rows with errors")
INVALID_ROWS_NOTE = Label(
    "Descárguelas, corríjalas y suba solo esas filas: las demás ya están registradas.",
    "Download them, fix them and upload only those rows: the others are already stored.",
)
ONLY_INVALID_ROWS_NOTE = Label(
    "Ninguna fila se ha calculado. Corrija el archivo y vuelva a subirlo.",
    "No row was calculated. Fix the file and upload it again.",
)
DOWNLOAD_INVALID_ROWS = Label("Descargar las filas con errores", "Download the rows with errors")
INVALID_ROWS_FILE = Label("filas_con_errores.csv", "rows_with_errors.csv")
LINE = Label("Línea", "Line")
VALUE = Label("Valor", "Value")
WHAT_IS_WRONG = Label("Qué está mal", "What is wrong")
RESULTS = Label("Resultados", "Results")
RESULTS_OF = Label("Resultados de {file}", "Results of {file}")
DOWNLOAD_RESULTS = Label("Descargar los resultados", "Download the results")
RESULTS_FILE = Label("resultados.csv", "results.csv")
CLEAR_RESULTS = Label("Quitar estos resultados", "Clear these results")
YES = Label("Sí", "Yes")
NO = Label("No", "No")
SORT_NOTE = Label(
    "Ordenados por riesgo. Pulse una cabecera para ordenar por otra columna.",
    "Sorted by risk. Click a header to sort by another column.",
)

# History
HISTORY = Label("Historial", "History")
HISTORY_INTRO = Label(
    "Las predicciones registradas, las más recientes primero. Cuando se conozca, registre el "
    "desenlace: así se mide si el modelo acierta.",
    "The predictions on record, the newest first. Once it is known, record the outcome: "
    "that is how the model's quality is measured.",
)
NONE_FOUND = Label(
    "Ninguna predicción cumple estos filtros.",
    "No prediction matches these filters.",
)
RESULT_FILTER = Label("Resultado", "Result")
OUTCOME_FILTER = Label("Desenlace", "Outcome")
VERSION_FILTER = Label("Versión del modelo", "Model version")
FROM_DAY = Label("Desde", "From")
UNTIL_DAY = Label("Hasta", "Until")
ALL = Label("Todos", "All")
ABOVE_SHORT = Label("Por encima del umbral", "Above the threshold")
BELOW_SHORT = Label("Por debajo del umbral", "Below the threshold")
KNOWN = Label("Conocido", "Known")
PENDING = Label("Pendiente", "Pending")
NEWER = Label("Más recientes", "Newer")
OLDER = Label("Más antiguas", "Older")
PAGE = Label("Página {number}", "Page {number}")
OUTCOME_COLUMN = Label("Desenlace", "Outcome")
SELECT_NOTE = Label(
    "Seleccione una fila para registrar su desenlace.",
    "Select a row to record its outcome.",
)
RECORD_OUTCOME = Label("Registrar el desenlace", "Record the outcome")
WHAT_HAPPENED = Label("¿Qué ocurrió?", "What happened?")
SAVE = Label("Guardar", "Save")
SAVED = Label(
    "Desenlace registrado: {outcome}. {patient}",
    "Outcome recorded: {outcome}. {patient}",
)
KNOWN_OUTCOME = Label(
    "Ya tiene un desenlace registrado: **{outcome}**. Si guarda otro, lo sustituye.",
    "It already has an outcome: **{outcome}**. Saving another one replaces it.",
)
WITHDRAW = Label("Retirar el desenlace", "Withdraw the outcome")
WITHDRAWN = Label("Desenlace retirado. {patient}", "Outcome withdrawn. {patient}")
UNDO = Label("Deshacer", "Undo")
UNDONE = Label("Se ha deshecho el último cambio.", "The last change has been undone.")
YEARS_OLD = Label("{age} años", "{age} years")
RISK_OF = Label("riesgo {risk}", "risk {risk}")
CLOSE_FORM = Label("Cerrar sin registrar", "Close without recording")
LABEL_FILTER = Label("N.º de historia", "Hospital's own number")
OUTCOME_MISSING = Label("Indique qué ocurrió.", "Say what happened.")

# Model: the champion and the candidates
MODEL = Label("Modelo", "Model")
MODEL_INTRO = Label(
    "Qué modelo contesta, cómo se eligió entre los candidatos y cuánto acierta.",
    "Which model answers, how it was chosen among the candidates, and how good it is.",
)
CHAMPION = Label("El modelo en uso", "The model in use")
CHAMPION_FACTS = Label(
    "`{name}`, entrenado con los datos `{data}`; cargado el {loaded} {source}.",
    "`{name}`, trained on the data `{data}`; loaded at {loaded} {source}.",
)
FROM_REGISTRY = Label("desde el registro", "from the registry")
FROM_CACHE = Label(
    "desde la copia local, porque el registro no contestaba",
    "from the local copy, because the registry did not answer",
)
NOT_THE_CHAMPION = Label(
    "El registro tiene otro campeón que no se ha podido cargar; sigue contestando este.",
    "The registry has another champion that could not be loaded; this one keeps serving.",
)
SEE_IN_MLFLOW = Label("Ver en MLflow", "See it in MLflow")
VALIDATION = Label("{metric}, validación", "{metric}, validation")
TEST = Label("{metric}, prueba", "{metric}, test")
CANDIDATES = Label("Los candidatos", "The candidates")
CANDIDATES_NOTE = Label(
    "{rows} candidatos, comparados en las mismas filas de validación. Gana el F1 más alto; si "
    "empatan (±0,005), la mayor precisión media; ★ es el modelo en uso.",
    "{rows} candidates, compared on the same validation rows. The highest F1 wins; ties (±0.005) "
    "go to the higher average precision; ★ is the model in use.",
)
NO_EXPERIMENTS = Label(
    "Aún no hay entrenamientos en la base de datos. Haga el primero con `./run pipeline`.",
    "There are no trainings in the database yet. Run the first one with `./run pipeline`.",
)
TRAINING = Label("Entrenamiento", "Training")
BATCH_ID = Label("Lote", "Batch")
AVERAGE_OF_ALL = Label("Media de todos", "Average of all")
SECONDS = Label("Segundos", "Seconds")

# Model: the evidence
EVIDENCE = Label("Cuánto acierta", "How good it is")
EVIDENCE_NOTE = Label(
    "En {rows} altas de validación; el {base} reingresó en los 30 días siguientes.",
    "On {rows} validation discharges; {base} were readmitted within 30 days.",
)
ROC = Label("Curva ROC", "ROC curve")
PRECISION_RECALL = Label("VPP y sensibilidad", "Precision and recall")
RELIABILITY = Label(
    "Calibración: riesgo estimado y observado", "Calibration: predicted and observed risk"
)
FALSE_POSITIVE_RATE = Label("Tasa de falsos positivos", "False positive rate")
CONFUSION = Label("Aciertos y errores con el umbral", "Right and wrong at the threshold")
NOT_FLAGGED = Label("Por debajo", "Below it")
OPERATING_POINTS = Label("Qué significaría otro umbral", "What another threshold would mean")
ALERTS = Label("Avisos por 100 altas", "Alerts per 100 discharges")
IMPORTANCE = Label("Lo que más pesa en el modelo", "What weighs most in the model")
AUC_LOST = Label("Pérdida de AUC sin este dato", "AUC lost without it")
SUBGROUPS = Label("Por grupos de pacientes", "By groups of patients")
SUBGROUPS_NOTE = Label(
    "Un modelo puede acertar en conjunto y fallar en un grupo: mire los grupos pequeños con "
    "cautela.",
    "A model may be good overall and fail for one group: read small groups with care.",
)
GROUP = Label("Grupo", "Group")
MISSING_GROUP = Label("Sin dato", "No data")

# Model: the decisions
PROMOTIONS = Label("Decisiones sobre el campeón", "Decisions about the champion")
DECISION = Label("Decisión", "Decision")
REASON = Label("Motivo", "Reason")
PREVIOUS_CHAMPION = Label("Campeón anterior", "Previous champion")
ACTIONS: Mapping[Literal["promoted", "refused", "rolled back"], Label] = {
    "promoted": Label("Promovido", "Promoted"),
    "refused": Label("Rechazado", "Refused"),
    "rolled back": Label("Revertido", "Rolled back"),
}

NO_CHAMPION_BEFORE = Label("No había ningún campeón.", "There was no champion.")
CHAMPION_ALREADY = Label("Ya es el campeón.", "It is the champion already.")
SYNTHETIC_AFTER_REAL = Label(
    "Un modelo de datos sintéticos no sustituye a uno de datos reales.",
    "A model of synthetic data does not replace one of real data.",
)
REAL_AFTER_SYNTHETIC = Label(
    "Un modelo de datos reales sustituye a uno de datos sintéticos.",
    "A model of real data replaces one of synthetic data.",
)
CHOSEN_BY_HAND = Label("Elegido por una persona.", "Chosen by a person.")
ROLLED_BACK_BY_HAND = Label("Revertido por una persona.", "Rolled back by a person.")
F1_MARGIN = Label(
    "F1 menos el del campeón (versión {version}) en las mismas filas: entre {low} y {high} con un "
    "95 % de confianza.",
    "F1 minus the champion's (version {version}) on the same rows: {low} to {high} with 95% "
    "confidence.",
)

# Monitoring
MONITORING = Label("Monitorización", "Monitoring")
MONITORING_INTRO = Label(
    "Si los pacientes de hoy se parecen a los del entrenamiento, y si las predicciones se cumplen.",
    "Whether today's patients resemble those of the training, and whether the predictions come "
    "true.",
)
LIVE_QUALITY = Label("Calidad con desenlaces conocidos", "Quality on known outcomes")
NO_OUTCOMES = Label(
    "Aún no se conoce ningún desenlace. Regístrelos en **Historial** para medir si el modelo "
    "acierta.",
    "No outcome is known yet. Record them on **History** to measure whether the model is right.",
)
FEW_OUTCOMES = Label(
    "Aún no hay suficientes desenlaces: se conocen {count} y hacen falta {enough} para decir si el "
    "modelo acierta.",
    "Not enough outcomes yet: {count} are known, and it takes {enough} to say whether the model is "
    "right.",
)
LIVE_QUALITY_NOTE = Label(
    "Con {count} desenlaces. Debajo de cada cifra, entre qué valores está con un 95 % de "
    "confianza.",
    "From {count} outcomes. Below each figure stands its 95% confidence interval.",
)
INTERVAL = Label("de {low} a {high}", "{low} to {high}")
KNOWN_OUTCOMES = Label("Desenlaces conocidos", "Known outcomes")
OBSERVED_RATE = Label("Reingresos", "Readmitted")
VOLUME = Label("Predicciones por día", "Predictions per day")
PREDICTIONS = Label("Predicciones", "Predictions")
SCORES = Label("Riesgos estimados", "Estimated risks")
SHARE_OF_PATIENTS = Label("Proporción de pacientes", "Share of patients")
IN_TRAINING = Label("Validación", "Validation")
NOW = Label("Ahora", "Now")
DRIFT = Label("Deriva por dato", "Drift by field")
DRIFT_NOTE = Label(
    "Las últimas {count} predicciones frente al entrenamiento, por el índice de estabilidad (PSI): "
    "hasta 0,1 estable, desde 0,2 otra población.",
    "The latest {count} against the training, by the stability index (PSI): "
    "up to 0.1 stable, from 0.2 another population.",
)
STABILITY = Label("PSI", "PSI")
STATE = Label("Estado", "State")
STABLE = Label("Datos estables", "Stable fields")
STABLE_FIELDS = Label("Datos estables ({count})", "Stable fields ({count})")
FIELDS_WITHOUT_VERDICT = Label(
    "Datos con menos de 300 valores, sin veredicto todavía: {count}.",
    "Fields with fewer than 300 values, not enough yet for a verdict: {count}.",
)
DRIFT_STATES = {
    "stable": Label("Estable", "Stable"),
    "watch": Label("Vigilar", "Watch"),
    "drifted": Label("Ha cambiado", "Has changed"),
}
"""The state of one field."""
DRIFT_VERDICTS = {
    "too few rows": Label(
        "Aún no hay suficientes: con menos de 300 predicciones no se puede decir si los pacientes "
        "han cambiado.",
        "Not enough yet: fewer than 300 predictions cannot say whether the patients have changed.",
    ),
    "stable": Label(
        "Los pacientes se parecen a los del entrenamiento.",
        "The patients resemble those of the training.",
    ),
    "watch": Label(
        "Algún dato está cambiando: conviene vigilarlo.",
        "Some fields are shifting: keep an eye on them.",
    ),
    "drifted": Label(
        "Llegan pacientes distintos de los del entrenamiento: conviene entrenar de nuevo.",
        "The patients differ from those of the training: it is time to train again.",
    ),
}
"""The verdict on all fields together."""
