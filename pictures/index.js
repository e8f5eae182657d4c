module.exports = require('sharp');
