// Texts with less contrast than WCAG's AA asks for: each kind of element once, with its ratio.
const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});

function colour(text) {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = text;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
}

function luminance([red, green, blue]) {
    const part = (value) => value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4;
    return 0.2126 * part(red) + 0.7152 * part(green) + 0.0722 * part(blue);
}

function ground(element) {
    const layers = [];
    for (let each = element; each; each = each.parentElement) {
        const layer = colour(getComputedStyle(each).backgroundColor);
        if (layer[3] > 0) {
            layers.unshift(layer);
        }
        if (layer[3] === 1) {
            break;
        }
    }
    return layers.reduce((below, layer) => below.map((value, index) => value * (1 - layer[3]) + layer[index] * layer[3]), [255, 255, 255]);
}

const faint = new Map();
for (const element of document.querySelectorAll('body *')) {
    const seen = element.checkVisibility({opacityProperty: true, visibilityProperty: true});
    if (!seen || element.disabled || element.closest('.visually-hidden, .skip-to-content-link')) {
        continue;
    }
    const words = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
    if (!words && !element.matches('input:not([type="checkbox"], [type="radio"], [type="hidden"]), textarea')) {
        continue;
    }
    const [text, back] = [luminance(colour(getComputedStyle(element).color)), luminance(ground(element))];
    const ratio = (Math.max(text, back) + 0.05) / (Math.min(text, back) + 0.05);
    if (ratio < 4.5) {
        faint.set(`${element.tagName}.${element.className}`, ratio.toFixed(2));
    }
}
return [...faint];
