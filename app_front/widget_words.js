// Streamlit's own words in the language of the page: it has them in English only.
// Runs again when the language changes; one observer then also translates what is drawn later.
(() => {
  const words = {
    "Upload": "Elegir archivo",
    "file upload": "archivo que se sube",
    "Add files": "Elegir otro archivo",
    "add icon": "añadir",
    "yyyy": "aaaa",
    "App pages": "Páginas",
    "per file": "por archivo",
    "Show data": "Ver los datos",
    "Show chart": "Ver el gráfico",
    "Download as PNG": "Descargar como PNG",
    "Download as SVG": "Descargar como SVG",
    "Copy Vega-Lite spec": "Copiar la especificación del gráfico",
    "Skip to main content": "Ir al contenido principal",
    "Main menu": "Menú principal",
    "Expand sidebar": "Abrir el menú de páginas",
    "Collapse sidebar": "Cerrar el menú de páginas",
    "Open sidebar": "Abrir el menú de páginas",
    "Close sidebar": "Cerrar el menú de páginas",
    "Choose an option": "Elija una opción",
    "Choose options": "Elija opciones",
    "Choose date": "Elegir la fecha",
    "Choose a date": "Elija una fecha",
    "Open": "Abrir",
    "Dismiss": "Cerrar",
    "Close": "Cerrar",
    "Clear value": "Borrar",
    "Decrement": "Disminuir",
    "Increment": "Aumentar",
    "No results": "Sin resultados",
    "Show/hide columns": "Elegir columnas",
    "Download as CSV": "Descargar como CSV",
    "Search": "Buscar",
    "Fullscreen": "Pantalla completa",
    "Close fullscreen": "Salir de pantalla completa",
    "Sort ascending": "Orden ascendente",
    "Sort descending": "Orden descendente",
    "Pin column": "Fijar la columna",
    "Unpin column": "Soltar la columna",
    "Hide column": "Ocultar la columna",
    "Autosize": "Ajustar el ancho",
    "Format": "Formato",
    "Copy to clipboard": "Copiar",
    "Press Enter to apply": "Pulse Intro para aplicarlo",
    "Press Enter to submit form": "Pulse Intro para enviarlo",
    "Connecting": "Conectando",
    "Running...": "Calculando…",
    "Stop": "Parar",
  };
  const patterns = [
    [/^([\d.]+)MB per file(.*)$/, "Hasta $1 MB por archivo$2"],
    [/^([XY])-axis titled '(.+)' for a linear scale with values from (.+) to (.+)$/,
      "Eje $1, «$2», de $3 a $4"],
    [/^([XY])-axis for a discrete scale with (\d+) values?: (.+)$/, "Eje $1: $3"],
    [/^Symbol legend .* values: (.+)$/, "Leyenda: $1"],
    [/^day: (.+)$/, "día: $1"],
    [/^Remove (.+)$/, "Quitar $1"],
    [/^Help for (.+)$/, "Ayuda de $1"],
    [/^year, (.+)$/, "año, $1"],
    [/^month, (.+)$/, "mes, $1"],
    [/^day, (.+)$/, "día, $1"],
    [/^(\d+) options? available\.$/, "$1 opciones."],
    [/^Error: Number is outside the allowed range\. Please enter a value between (.+) and (.+)\.$/,
      "El número está fuera del intervalo: escriba un valor de $1 a $2."],
  ];
  const attributes = ["aria-label", "placeholder", "title"];
  const english = window.readmissionEnglishWords ||= new WeakMap();

  const inSpanish = (text) => {
    const trimmed = text.trim();
    if (Object.hasOwn(words, trimmed)) return words[trimmed];
    // A toolbar's button is named "Search: name of the table".
    const [word, ...rest] = trimmed.split(": ");
    if (rest.length && Object.hasOwn(words, word)) return [words[word], ...rest].join(": ");
    for (const [pattern, spanish] of patterns) {
      if (pattern.test(trimmed)) return trimmed.replace(pattern, spanish);
    }
    return null;
  };

  // What was English is remembered with its node, to be put back when the language changes.
  const translate = (node, key, read, write) => {
    const known = english.get(node) || {};
    const text = read();
    const remembered = known[key];
    if (document.documentElement.lang === "es") {
      const spanish = text && inSpanish(text);
      if (!spanish) return;
      english.set(node, { ...known, [key]: { text, spanish } });
      write(spanish);
    } else if (remembered && text === remembered.spanish) {
      write(remembered.text);
    }
  };

  // Words that people typed or files brought are left alone.
  const isOwnWord = (node) => node.parentElement?.closest(
    "input, textarea, script, style, [data-testid=stMarkdownContainer]:not(button *), "
    + "[data-testid=stHtml], [data-testid=stFileChipName]");

  const visit = (root) => {
    const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    for (let node = texts.nextNode() ?? null; node; node = texts.nextNode()) {
      const text = node;
      if (!isOwnWord(text)) {
        translate(text, "text", () => text.nodeValue, (value) => { text.nodeValue = value; });
      }
    }
    if (root.nodeType === Node.TEXT_NODE && !isOwnWord(root)) {
      translate(root, "text", () => root.nodeValue, (value) => { root.nodeValue = value; });
    }
    const elements = root.querySelectorAll ? [root, ...root.querySelectorAll("*")] : [];
    for (const element of elements) {
      for (const name of attributes) {
        if (element.hasAttribute?.(name)) {
          translate(element, name, () => element.getAttribute(name),
            (value) => element.setAttribute(name, value));
        }
      }
    }
  };

  visit(document.body);
  if (window.readmissionWordObserver) return;
  const observer = new MutationObserver((changes) => {
    for (const change of changes) {
      if (change.type === "childList") change.addedNodes.forEach(visit);
      else visit(change.target);
    }
  });
  window.readmissionWordObserver = observer;
  observer.observe(document.body, {
    subtree: true, childList: true, characterData: true,
    attributes: true, attributeFilter: attributes,
  });
})();
