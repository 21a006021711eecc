// The surname nets, run in the page: read a name letter by letter and show what each net holds.
// The formulas are those of rnnlab/nets/namer.py; the weights are safetensors files, in base64.

const Letters = (() => {
  // The forward pass ------------------------------------------------------------------------

  /** {name: {shape, data}} of a safetensors file: a JSON header behind its length, then floats. */
  function weights(base64) {
    const bytes = Uint8Array.from(atob(base64), (each) => each.charCodeAt(0));
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
    delete header.__metadata__;
    const read = ({ shape, data_offsets: [start, end] }) => ({
      shape,
      data: new Float32Array(bytes.slice(8 + length + start, 8 + length + end).buffer),
    });
    return Object.fromEntries(Object.entries(header).map(([name, each]) => [name, read(each)]));
  }

  /** weight · x + bias; the weight's rows lie one behind the other. */
  function linear(weight, bias, x) {
    return Float64Array.from(bias.data, (sum, row) => {
      const start = row * x.length;
      for (let column = 0; column < x.length; column++) {
        sum += weight.data[start + column] * x[column];
      }
      return sum;
    });
  }

  const zeros = (length) => new Float64Array(length);
  const map = (f, ...rows) => rows[0].map((_, unit) => f(...rows.map((row) => row[unit])));
  const sigmoid = (x) => x.map((each) => 1 / (1 + Math.exp(-each)));
  const tanh = (x) => x.map(Math.tanh);

  function softmax(x) {
    const powers = x.map((each) => Math.exp(each - Math.max(...x)));
    const sum = powers.reduce((one, other) => one + other);
    return powers.map((each) => each / sum);
  }

  /** The last letter's output comes from the hidden state before it. */
  function tutorialRnn(w, letters) {
    let h = zeros(w["i2h.bias"].shape[0]);
    return letters.map((letter) => {
      const both = Float64Array.of(...letter, ...h);
      h = linear(w["i2h.weight"], w["i2h.bias"], both);
      return { h, probabilities: softmax(linear(w["i2o.weight"], w["i2o.bias"], both)) };
    });
  }

  function lstmLayer(w, layer, rows) {
    const [ofX, ofH, biasX, biasH] = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"].map(
      (kind) => w[`recurrent.${kind}_l${layer}`],
    );
    const hidden = ofH.shape[1];
    let [h, c] = [zeros(hidden), zeros(hidden)];
    return rows.map((x) => {
      const sums = map((one, other) => one + other, linear(ofX, biasX, x), linear(ofH, biasH, h));
      const [i, f, g, o] = [0, 1, 2, 3].map((gate, place) => {
        const part = sums.slice(gate * hidden, (gate + 1) * hidden);
        return place === 2 ? tanh(part) : sigmoid(part);
      });
      c = map((f, c, i, g) => f * c + i * g, f, c, i, g);
      h = map((o, c) => o * Math.tanh(c), o, c);
      return { h, c, i, f, g, o };
    });
  }

  /** Layer by layer; what is shown is the last one's. */
  function lstm(w, letters) {
    let [rows, states] = [letters, []];
    for (let layer = 0; `recurrent.bias_ih_l${layer}` in w; layer++) {
      states = lstmLayer(w, layer, rows);
      rows = states.map((each) => each.h);
    }
    return states.map((each) => ({
      ...each,
      probabilities: softmax(linear(w["linear.weight"], w["linear.bias"], each.h)),
    }));
  }

  /** What the net does with a folded name: a row of {h, …, probabilities} for each letter. */
  function follow(net, w, symbols, name) {
    const letters = [...name].map((letter) => {
      const x = zeros(symbols.length);
      x[symbols.indexOf(letter)] = 1;
      return x;
    });
    return (net === "lstm" ? lstm : tutorialRnn)(w, letters);
  }

  /** As rnnlab/corpora/folding.py: accents stripped, all but the net's symbols dropped. */
  function fold(text, symbols) {
    return [...text.normalize("NFD")].filter((each) => symbols.includes(each)).join("").trim();
  }

  // What is seen ----------------------------------------------------------------------------

  /** One box a unit, in two rows: blue if positive, orange if negative, pale near 0. */
  function paint(canvas, values, most) {
    const context = canvas.getContext("2d");
    [canvas.width, canvas.height] = [Math.ceil(values.length / 2), 2];
    values.forEach((value, unit) => {
      const strength = Math.min(Math.abs(value) / most, 1);
      context.fillStyle = value < 0 ? `rgba(213,94,0,${strength})` : `rgba(0,114,178,${strength})`;
      context.fillRect(unit % canvas.width, Math.floor(unit / canvas.width), 1, 1);
    });
  }

  const mean = (values) => values.reduce((sum, each) => sum + each, 0) / values.length;
  const greatest = (rows, state) => Math.max(...rows.flatMap((row) => [...row[state]].map(Math.abs)));

  function showStates(panel, rows, step) {
    for (const canvas of panel.querySelectorAll("canvas")) {
      const state = canvas.dataset.state;
      const values = rows[step][state];
      const gate = "ifo".includes(state);
      paint(canvas, values, gate ? 1 : greatest(rows, state));
      const told = gate ? mean(values) : Math.sqrt(mean(values.map((each) => each * each)));
      canvas.nextElementSibling.textContent = told.toFixed(2);
    }
  }

  function showLanguages(panel, languages, probabilities) {
    const order = [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a]);
    panel.querySelectorAll("ol li").forEach((item, place) => {
      const percent = 100 * probabilities[order[place]];
      item.style.setProperty("--share", `${percent}%`);
      item.textContent = `${languages[order[place]]} ${percent.toFixed(1)}%`;
    });
  }

  function start(root) {
    const { symbols, languages } = JSON.parse(root.querySelector("script[type$=json]").textContent);
    const nets = [...root.querySelectorAll("[data-net]")].map((panel) => {
      const packed = panel.querySelector("script");
      const net = { name: panel.dataset.net, panel, weights: weights(packed.textContent) };
      packed.remove();
      return net;
    });
    const [input, steps] = [root.querySelector("input"), root.querySelector("fieldset div")];
    let [playing, telling] = [];

    /** Once nothing has changed for a while: who can't see it hears what each net makes of all. */
    function tell() {
      clearTimeout(telling);
      telling = setTimeout(() => {
        const guesses = nets.map(({ name, panel }) => `${name}: ${panel.querySelector("li").textContent}`);
        root.querySelector(".told").textContent = guesses.join("; ");
      }, 700);
    }

    function show(step) {
      steps.querySelectorAll("input").forEach((each, place) => {
        each.checked = place === step;
        each.parentElement.classList.toggle("read", place <= step);
      });
      for (const { panel, rows } of nets) {
        showStates(panel, rows, step);
        showLanguages(panel, languages, rows[step].probabilities);
      }
    }

    function read() {
      clearInterval(playing);
      const name = fold(input.value, symbols);
      const some = /[a-z]/i.test(name);
      root.querySelector(".empty").hidden = some;
      root.querySelector(".reading").hidden = !some;
      if (!some) return;
      for (const net of nets) net.rows = follow(net.name, net.weights, symbols, name);
      steps.replaceChildren(
        ...[...name].map((letter, step) => {
          const radio = Object.assign(document.createElement("input"), {
            type: "radio", name: "letters-read", ariaLabel: name.slice(0, step + 1),
          });
          radio.addEventListener("change", () => {
            clearInterval(playing);
            show(step);
            tell();
          });
          const label = document.createElement("label");
          label.append(radio, letter === " " ? "\u00a0" : letter);
          return label;
        }),
      );
      show(name.length - 1);
      tell();
    }

    function play() {
      clearInterval(playing);
      let step = 0;
      show(step);
      playing = setInterval(() => {
        if (step + 1 < steps.children.length) show(++step);
        else {
          clearInterval(playing);
          tell();
        }
      }, 700);
    }

    input.addEventListener("input", read);
    root.querySelector("button").addEventListener("click", play);
    root.hidden = false;
    const still = document.querySelector(`img[data-file="${root.dataset.still}"]`);
    if (still) still.closest("p").replaceWith(root);
    read();
    Letters.nets = nets;
    Letters.symbols = symbols;
  }

  return { follow, fold, start };
})();

for (const root of document.querySelectorAll(".letters")) Letters.start(root);
