"""Every text of the pages that is not a field's own label."""

from readmission.schema import Label

# Shell
APP = Label("Riesgo de readmisión", "Readmission risk")
SYNTHETIC = Label(
    "**Datos sintéticos.** El modelo se entrenó con una muestra generada, no con pacientes reales: "
    "sus resultados solo sirven para probar el sistema.",
    "**Synthetic data.** The model was trained on a generated sample, not on real patients: "
    "its results only serve to try the system out.",
)

# Problems
API_DOWN = Label(
    "**La API no responde** en {url}. Arránquela en otra terminal y vuelva a intentarlo:",
    "**The API does not answer** at {url}. Start it in another terminal, then try again:",
)
API_ELSEWHERE = Label(
    "Si la API está en otra dirección, indíquela en la variable API_URL.",
    "If the API is at another address, name it in the variable API_URL.",
)
NO_MODEL = Label(
    "**Todavía no hay modelo.** La API funciona, pero ningún modelo ha sido promovido. Entrene el primero:",
    "**There is no model yet.** The API works, but no model has been promoted. Train the first one:",
)
NO_MODEL_AFTER = Label(
    "La API lo encuentra sola en unos segundos; después, pulse «Reintentar».",
    "The API finds it by itself within seconds; then press “Try again”.",
)
WRONG_KEY = Label(
    "**La API no acepta la clave.** Ponga una clave válida en la variable API_KEY y reinicie el formulario.",
    "**The API refuses the key.** Put a valid key into the variable API_KEY and restart the form.",
)
BUSY = Label(
    "**El servicio está ocupado.** No se ha perdido nada: inténtelo de nuevo en unos segundos. ({reason})",
    "**The service is busy.** Nothing is lost: try again in a few seconds. ({reason})",
)
REFUSED = Label("La API no acepta estos valores:", "The API does not accept these values:")
BROKEN = Label(
    "**La API ha fallado.** El motivo está en su registro (`./run status`). ({reason})",
    "**The API has failed.** Its log tells why (`./run status`). ({reason})",
)
TRY_AGAIN = Label("Reintentar", "Try again")

# Prediction
PREDICTION = Label("Predicción", "Prediction")
PREDICTION_INTRO = Label(
    "Estima la probabilidad de que un paciente con diabetes vuelva a ingresar antes de 30 días del alta.",
    "Estimates how likely a patient with diabetes is to be readmitted within 30 days of discharge.",
)
CALCULATE = Label("Calcular el riesgo", "Calculate the risk")
CALCULATING = Label("Calculando…", "Calculating…")
MORE = Label("Más datos ({count}, opcionales)", "More details ({count}, optional)")
RANGE = Label("De {low} a {high}", "From {low} to {high}")
NO_DATA = Label("Sin dato", "No data")
NOT_ALLOWED = Label("**{field}**: «{value}» no es un valor posible.", "**{field}**: “{value}” is not a possible value.")
EXAMPLES = {
    "medical_specialty": Label("p. ej. Cardiology", "e.g. Cardiology"),
    "diag_1": Label("p. ej. 250.83", "e.g. 250.83"),
    "diag_2": Label("p. ej. 428", "e.g. 428"),
    "diag_3": Label("p. ej. V45", "e.g. V45"),
}
_ICD9 = Label(
    "Código CIE-9: de una a tres cifras, con V o E delante si procede, y hasta dos decimales",
    "ICD-9 code: one to three digits, after V or E where it applies, with up to two decimals",
)
HELP = {
    "medical_specialty": Label(
        "Especialidad del médico que ingresa, en inglés como en los datos", "The admitting physician's specialty"
    ),
    "diag_1": _ICD9,
    "diag_2": _ICD9,
    "diag_3": _ICD9,
    "max_glu_serum": Label(
        "El valor más alto durante la estancia, si se midió", "The highest value during the stay, if measured"
    ),
    "A1Cresult": Label(
        "Hemoglobina glicosilada; «No medida» también informa", "Glycated haemoglobin; “Not measured” tells something too"
    ),
    "change": Label(
        "Cambio de dosis o de fármaco para la diabetes durante la estancia",
        "A change of dose or of drug for diabetes during the stay",
    ),
    "payer_code": Label("Código del pagador, como en los datos", "The payer's code, as in the data"),
    "admission_type_code": Label(
        "Si se indica, decide en lugar del grupo elegido arriba", "If given, it decides instead of the group chosen above"
    ),
    "discharge_disposition_code": Label(
        "Si se indica, decide en lugar del grupo elegido arriba", "If given, it decides instead of the group chosen above"
    ),
    "admission_source_code": Label(
        "Si se indica, decide en lugar del grupo elegido arriba", "If given, it decides instead of the group chosen above"
    ),
}

RESULT = Label("Resultado", "Result")
RESULT_EMPTY = Label(
    "Complete los datos y pulse **{button}**. Los valores iniciales son los más frecuentes.",
    "Fill in the data and press **{button}**. The initial values are the most common ones.",
)
RISK = Label("riesgo estimado a 30 días", "estimated 30-day risk")
OF_A_HUNDRED = Label(
    "De cada 100 altas que el modelo puntúa así, cabe esperar unas {count} readmisiones.",
    "Of 100 discharges that the model scores like this, about {count} readmissions are to be expected.",
)
ABOVE = Label("Por encima del umbral", "Above the threshold")
BELOW = Label("Por debajo del umbral", "Below the threshold")
ABOVE_MEANS = Label(
    "El modelo marca esta alta para seguimiento. La mayoría de las marcadas no reingresan.",
    "The model flags this discharge for follow-up. Most flagged ones are not readmitted.",
)
BELOW_MEANS = Label(
    "El modelo no marca esta alta. Un riesgo bajo no es un riesgo nulo.",
    "The model does not flag this discharge. A low risk is not no risk.",
)
TIMES_BASE = Label("{times} veces la media ({base}).", "{times} times the average ({base}).")
THRESHOLD = Label("Umbral", "Threshold")
BASE_RATE = Label("Media", "Average")
GAUGE = Label(
    "Riesgo {risk}, umbral {threshold}, media {base}", "Risk {risk}, threshold {threshold}, average {base}"
)
NOT_A_DIAGNOSIS = Label(
    "Estimación estadística a partir de 130 hospitales de EE. UU. (1999–2008). No sustituye el juicio clínico.",
    "A statistical estimate from 130 US hospitals (1999–2008). It does not replace clinical judgement.",
)
REASONS = Label("Lo que más pesa", "What weighs most")
RAISES = Label("sube el riesgo", "raises the risk")
LOWERS = Label("baja el riesgo", "lowers the risk")
REASONS_NOTE = Label(
    "Asociaciones que el modelo aprendió, no causas.", "Associations that the model has learned, not causes."
)
NO_REASONS = Label("La explicación no está disponible ahora.", "The explanation is not available now.")
MODEL_VERSION = Label("Modelo {name}, versión {version}", "Model {name}, version {version}")
PREDICTION_ID = Label("Identificador, para registrar el desenlace:", "Id, to report the outcome:")
REPORT_OUTCOME = Label("Registrar el desenlace", "Report the outcome")
